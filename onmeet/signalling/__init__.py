"""Signalling: PROTOCOL.md between browsers and the relay, and the live room behind it.

    web/socket ─ client ═ wire ═ server ─ registry ─ room ─▶ relay (MediaPlane)
                  (Unix socket)     │         │
                                 channel   conversation, keylog, negotiation, admission
                                    │
                                 session (sans-I/O) ─ parsing, messages, news

It runs inside the relay process, except for `client`, `ticket` and `wire`, which the web process uses.
It may import `relay.interface`, `config`, `errors` and `clock`; neither Flask nor SQLAlchemy.
"""
