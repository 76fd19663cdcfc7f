"""Meeting codes: `abc-defg-hjk`, ten letters that nobody mistakes for one another.

23 letters (no i, l, o), ten places: 45 bits. A code names a room; it does not open it, because the
keys come from the secret part of the link, which the server never sees.
"""

from __future__ import annotations

import re
import secrets

__all__ = ["ALPHABET", "PATTERN", "new_code", "well_formed"]

ALPHABET = "abcdefghjkmnpqrstuvwxyz"
PATTERN = r"[a-hjkmnp-z]{3}-[a-hjkmnp-z]{4}-[a-hjkmnp-z]{3}"
_WELL_FORMED = re.compile(PATTERN)


def new_code(random: secrets.SystemRandom | None = None) -> str:
    """A fresh code; `random` is for tests."""
    source = random or secrets.SystemRandom()
    letters = "".join(source.choice(ALPHABET) for _ in range(10))
    return f"{letters[:3]}-{letters[3:7]}-{letters[7:]}"


def well_formed(code: str) -> bool:
    """Whether `code` is written exactly as the server writes codes."""
    return _WELL_FORMED.fullmatch(code) is not None
