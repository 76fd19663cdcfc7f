"""PINs: the digits that callers key in to say which meeting they want.

A stored meeting has nine, an ad-hoc meeting eight while it lasts, so that one is never taken for the other.
They are found by guessing if guessing is free: the telephone gateway counts wrong ones.
"""

from __future__ import annotations

import re
import secrets

__all__ = ["AD_HOC_DIGITS", "STORED_DIGITS", "new_pin", "well_formed"]

STORED_DIGITS = 9
AD_HOC_DIGITS = 8

_WELL_FORMED = re.compile(f"[0-9]{{{AD_HOC_DIGITS},{STORED_DIGITS}}}")


def new_pin(digits: int = STORED_DIGITS) -> str:
    """A fresh PIN, every one as likely as any other."""
    return f"{secrets.randbelow(10**digits):0{digits}}"


def well_formed(pin: str) -> bool:
    """Whether this could be the PIN of a meeting."""
    return _WELL_FORMED.fullmatch(pin) is not None
