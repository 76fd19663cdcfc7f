"""Wire formats of real-time media: pure functions over bytes, no sockets, no clocks.

RTP headers and their extensions, sequence arithmetic, VP8 payload descriptors, RTX and RTCP. Input from
the network is refused by returning None or an empty result; nothing here raises on it. Imports nothing of
the product.
"""
