"""People with an account: registering, passwords, signing in and out.

Owns the tables `accounts` and `sign_ins`. Imports `notices`, `db` and what lies below; knows neither pages
nor meetings.
"""
