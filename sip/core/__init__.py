"""SIP and SDP without a socket or a clock: bytes, events and times go in, messages and events come out."""
