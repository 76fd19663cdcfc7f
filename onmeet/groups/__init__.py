"""Groups: an employer or a school pays for the accounts of its members (N1.11).

Owns the tables `groups`, `group_members`, `group_invitations` and `group_domains`. A group knows who its
members are and what it pays for them; it never learns of meetings. Imports `accounts`, `notices`, `db` and
what lies below; knows neither pages nor payment.
"""
