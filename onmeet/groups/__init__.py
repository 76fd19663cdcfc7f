"""Groups: an employer or a school pays for the accounts of its members (N1.11).

Owns the tables `groups`, `group_members`, `group_invitations` and `group_domains`. A group knows who its
members are and what it pays for them; it never learns of meetings. `policy` says how a group tightens the
privacy notice for its members (N4.2). Imports `accounts`, `meetings` (its models and the vocabulary of its
records), `notices`, `db` and what lies below; knows neither pages nor payment.
"""
