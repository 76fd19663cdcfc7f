"""Meetings that somebody keeps, and the codes that name rooms.

Owns the tables `meetings`, and where the notice permits them `meeting_records`, `participations`,
`call_records` and `load_hours`. A live meeting is not here: it exists in the relay's memory only, which says
in `reports` what a record may be made of. Imports `notices`, `db` and what lies below; `reports` imports
`errors` alone, because the relay uses it.
"""
