"""The telephone gateway: a process of its own, `python -m sip`, between telephone networks and the relay.

    core    SIP and SDP, sans-I/O: messages, transactions, dialogs, calls, registrations
    wire    sockets and names: UDP, TCP, TLS, NAPTR and SRV, who may send us anything at all
    media   one leg's sound: RTP, SRTP, codecs, jitter, digits
    ivr     what a caller hears and may press, as pure machines; the prompts
    room    the process of one meeting with callers: keys, mixer, relay
    agent   core on wire; gateway joins everything

Only `__main__`, `gateway` and `room` know the rest of OnMeet; `media` shares the wire
formats of `onmeet.rtp`.
"""
