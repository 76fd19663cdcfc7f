"""Load generators and reports: real clients against the running server, figures on the table.

`python -m bench` lists the benchmarks. Each one drives the product from outside, over the wire; nothing here
is imported by the product. `bench.client` is the client library that `tests/peers` uses as well.
"""
