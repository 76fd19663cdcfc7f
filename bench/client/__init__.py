"""A light WebRTC client for measurements and tests: full ICE, DTLS-SRTP, RTP and RTCP, no codecs.

It is poll-driven and owns no event loop: `Transport.poll(now)` drains the socket and runs the timers, so that
a load generator can sleep on timers and a test can pump it from asyncio. It shares no packet code with
`onmeet.rtp`: what checks the relay must be able to disagree with it.
"""
