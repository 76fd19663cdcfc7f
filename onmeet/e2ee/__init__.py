"""End-to-end encryption in Python: frames, sealing and the key schedule of `docs/e2ee.md`.

The same protocol as `static/js/e2ee/`, for the tests that play both sides, for the load generator and for
a telephone gateway. Everything is sans-I/O: values in, values out, time and randomness as arguments.
Neither the web server nor the relay ever holds a key of this package: the relay reads `sframe.decode_header`
and `labels` only. Imports nothing of the product but `errors`.
"""
