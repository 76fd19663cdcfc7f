"""Signalling: PROTOCOL.md between browsers and the relay, and the live room behind it.

    web/socket ─ client ═ wire ═ server ─ registry ─ room ─▶ relay (MediaPlane)
                  (Unix socket)     │         │
                                 channel   conversation, keylog, negotiation, admission
                                    │
                                 session (sans-I/O) ─ parsing, messages, news

                                         registry ─ lobby ─ room

     telephone gateway ═ wire ═ server ─ registry ─ gateway ─ telephone ─ room
                                             gateway_messages, gateway_news

     keeper ─ feed ═ wire ═ server ─ reports ◀─ reporting ─ room

It runs inside the relay process, except for `client`, `ticket` and `wire`, which the web process uses, and
`feed`, which the keeper uses. It may import `meetings.reports`, `meetings.pins`, `relay.interface`,
`e2ee.labels`, `config`, `errors` and `clock`; neither Flask nor SQLAlchemy.
"""
