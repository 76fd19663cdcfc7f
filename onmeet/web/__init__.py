"""Everything that speaks HTTP: pages, forms, security headers, and the edge of the WebSocket.

`app.create_app` joins it. May import every package below; nothing may import this one but the composition
root `app.py` and the tests.
"""
