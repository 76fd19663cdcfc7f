"""Meetings that somebody keeps, and the codes that name rooms.

Owns the table `meetings`. A live meeting is not here: it exists in the relay's memory only. Imports
`notices`, `db` and what lies below.
"""
