"""The tests, laid out like the source; `browser/` drives real browsers against the real server."""
