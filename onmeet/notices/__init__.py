"""What the privacy notice means for the code: each stored column says why it exists.

`columns` declares and checks. Profiles, gate and retention will stand here. Imports `db` and what lies below.
"""
