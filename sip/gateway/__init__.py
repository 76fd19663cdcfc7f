"""Calls from the first ring to the meeting's door: user agent, legs, reception and room processes, joined.

This package and `sip.room` are the only ones of the gateway that know the rest of OnMeet: its notice, its
meetings, its relay.
"""
