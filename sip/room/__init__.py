"""The process of one meeting with callers: lobby, keys, mixer, the way to the relay.

    nursery, wire, pipe      the gateway's side: start room processes, hand calls over
    forking, hardening       the warm parent and what a child does before it holds a key
    process                  a room process: sockets, clock and `Room`
    room, callers            who waits, who is in, what they hear
    keys                     from key messages to frame keys, by the host's word alone
    link, packets            the relay's `G` link: messages and sound
    browsers, opus, mixer, exchange    sound: open, decode, mix-minus, encode, seal

A key of a meeting's sound is only ever in a room process, and goes with it.
"""
