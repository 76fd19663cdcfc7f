"""The audit: walks every store that an instance has and says what lies there, and what should not.

`canary` searches bytes, `database`, `files` and `redis` look at one store each, `report` is what they say.
"""
