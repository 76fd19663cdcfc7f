"""The telephone gateway's process, `python -m sip`: a composition root."""
