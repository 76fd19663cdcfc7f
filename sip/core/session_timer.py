"""Session timers (RFC 4028): who refreshes a call, how often, and when it counts as dead."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from sip.core.message import Headers
from sip.core.timers import earliest

__all__ = ["MIN_SE", "SessionTimer", "TooBrief", "listed", "seconds"]

MIN_SE = 90  # RFC 4028 §5: no shorter interval is allowed
MAX_SE = 86_400

_EXPIRES = re.compile(r"\s*([0-9]{1,10})\s*(?:;.*)?", re.DOTALL)
_REFRESHER = re.compile(r";\s*refresher\s*=\s*(uac|uas)\b", re.IGNORECASE)


class TooBrief(ValueError):
    """The other side wants an interval below the minimum: 422 with `Min-SE` (RFC 4028 §9)."""


def listed(headers: Headers, name: str, option: str) -> bool:
    """Whether a header like Supported, Require or Allow has this option or method."""
    return any(
        option.lower() == part.strip().lower() for value in headers.all(name) for part in value.split(",")
    )


def seconds(value: str | None) -> int | None:
    """The number at the start of Session-Expires, Min-SE or Retry-After; None when there is none."""
    found = _EXPIRES.fullmatch(value) if value else None
    return int(found[1]) if found else None


def _refresher(value: str) -> Literal["uac", "uas"] | None:
    found = _REFRESHER.search(value)
    return None if found is None else "uac" if found[1].lower() == "uac" else "uas"


@dataclass(slots=True)
class SessionTimer:
    """One side of a call. wanted: the interval that we ask for, seconds, 0 for none. least: of Min-SE.

    After an answer: interval (0: no timer runs), ours (whether we refresh).
    """

    wanted: int
    least: int = MIN_SE
    interval: int = 0
    ours: bool = False
    _refresh: float | None = None
    _expiry: float | None = None

    @property
    def deadline(self) -> float | None:
        """When `refresh_due` or `expired` may change."""
        return earliest(self._refresh, self._expiry)

    def refresh_due(self, now: float) -> bool:
        """Whether we must refresh now; asked once an interval (§10: at half of it)."""
        if self._refresh is None or now < self._refresh:
            return False
        self._refresh = None
        return True

    def expired(self, now: float) -> bool:
        """Whether a BYE is due because no refresh came through (§10)."""
        return self._expiry is not None and now >= self._expiry

    def later(self, at: float) -> None:
        """Try the refresh once more then: the one before came to nothing."""
        if self.ours and self._expiry is not None and at < self._expiry:
            self._refresh = at

    def retry(self, now: float) -> None:
        """A refresh was refused for a while: once more, at half of what is left."""
        if self._expiry is not None:
            self.later(now + max(5.0, (self._expiry - now) / 2))

    def stop(self) -> None:
        """The call is over."""
        self.interval, self._refresh, self._expiry = 0, None, None

    def ask(self, headers: Headers) -> None:
        """Put our wish into an INVITE or UPDATE of ours (§7.1); in a refresh the roles stay (§7.4)."""
        interval = self.interval or self.wanted
        if interval:
            role = f";refresher={'uac' if self.ours else 'uas'}" if self.interval else ""
            headers.set("Session-Expires", f"{max(interval, self.least)}{role}")
            headers.set("Min-SE", str(self.least))

    def too_small(self, headers: Headers) -> bool:
        """A 422 came: ask for at least its Min-SE (§7.4). False when it makes no sense to try again."""
        least = seconds(headers.get("Min-SE"))
        if least is None or not self.least < least <= MAX_SE:
            return False
        self.least = least
        return True

    def check(self, asked: Headers) -> None:
        """Raises `TooBrief` when an INVITE or UPDATE asks for too short an interval (§9)."""
        interval = seconds(asked.get("Session-Expires"))
        if interval is not None and interval < MIN_SE and listed(asked, "Supported", "timer"):
            raise TooBrief

    def grant(self, asked: Headers, answer: Headers, now: float) -> None:
        """Settle as the side that answers, and say so in the 2xx (§9, table 2)."""
        value = asked.get("Session-Expires") or ""
        interval, supported = seconds(value), listed(asked, "Supported", "timer")
        if interval is None:
            interval = self.wanted if supported else 0
            # The far side may refuse below its minimum only by 422, and an answer cannot be refused.
            interval = max(interval, seconds(asked.get("Min-SE")) or 0) if interval else 0
        if not interval:
            self.stop()
            return
        who = (_refresher(value) or ("uas" if self.interval and self.ours else "uac")) if supported else "uas"
        self.start(min(max(interval, MIN_SE), MAX_SE), ours=who == "uas", now=now)
        answer.set("Session-Expires", f"{self.interval};refresher={who}")
        if supported:
            answer.add("Require", "timer")

    def granted(self, answer: Headers, now: float) -> None:
        """Settle as the side that asked, by their 2xx (§7.2)."""
        value = answer.get("Session-Expires") or ""
        interval = seconds(value)
        if not interval:
            self.stop()
            return
        ours = (_refresher(value) or "uac") == "uac"
        self.start(min(max(interval, MIN_SE), MAX_SE), ours=ours, now=now)

    def start(self, interval: int, *, ours: bool, now: float) -> None:
        """Let it run from now."""
        self.interval, self.ours = interval, ours
        self._refresh = now + interval / 2 if ours else None
        self._expiry = now + interval - min(32, interval / 3)
