"""The media plane: everything between a browser's UDP datagrams and another browser's.

Owned here, from the rim inwards: the one UDP port (`endpoint`), connectivity (`stun`, `ice`), keys (`dtls`,
`srtp`), what joins them for one peer (`transport`), negotiation (`sdp`, `answer`, `offer`, `peer`), and
forwarding (`router` and what it uses). `plane` is the door for signalling, `interface` its contract.

Imports `onmeet.rtp` and below, and nothing of signalling or the web; `__main__` alone, the relay process's
composition root, joins this package to signalling.
"""
