"""Pages about meetings: the room, those that an account keeps, their dates and invitations, co-hosts."""

from onmeet.web.meetings import changing, dates, hosting, mine, rooms
from onmeet.web.meetings.routes import blueprint

__all__ = ["blueprint", "changing", "dates", "hosting", "mine", "rooms"]
