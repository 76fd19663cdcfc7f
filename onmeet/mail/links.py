"""Mailed links: whoever follows one has read a mail that was sent to an address of the account.

A link is good for one purpose, for a while, and for as long as the account is in the state in which it was
mailed: what the link changes (password, address) makes it worthless, so that none works twice. Nothing about
it is stored.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from datetime import datetime

from onmeet.db import HIGHEST_NUMBER
from onmeet.notices.marks import mark

__all__ = ["link_token", "read_link"]

_TOKEN = re.compile(r"([0-9a-f]{1,15})-([0-9a-f]{1,12})-([0-9a-f]{40})")

_SKEW = 60
"""Seconds by which the clock of the machine that wrote the mail may be ahead."""


def link_token(key: bytes, purpose: str, account: int, state: str, now: datetime) -> str:
    """What a link carries: hexadecimal digits and hyphens. `purpose` is the kind of the mail."""
    issued = int(now.timestamp())
    return f"{account:x}-{issued:x}-{_proof(key, purpose, account, issued, state)}"


def read_link(
    key: bytes,
    token: str,
    purpose: str,
    state_of: Callable[[int], str | None],
    now: datetime,
    seconds: int,
) -> int | None:
    """The account that a link was mailed to, or None: forged, too old, used, or the account has changed.

    state_of: what the account is like now, None when there is none.
    """
    match = _TOKEN.fullmatch(token)
    if match is None:
        return None
    account, issued = int(match[1], 16), int(match[2], 16)
    state = state_of(account) if account <= HIGHEST_NUMBER else None
    wanted = _proof(key, purpose, account, issued, "" if state is None else state)
    genuine = hmac.compare_digest(wanted, match[3]) and state is not None
    fresh = -_SKEW <= now.timestamp() - issued < seconds
    return account if genuine and fresh else None


def _proof(key: bytes, purpose: str, account: int, issued: int, state: str) -> str:
    return mark(key, f"link {purpose}", f"{account} {issued} {state}")[:40]
