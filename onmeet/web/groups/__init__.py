"""The pages of groups: joining and leaving, members and invitations, domains, policy, sign-in service.

`tightening` says what a group's policy changes for the request at hand; other pages ask it.
"""
