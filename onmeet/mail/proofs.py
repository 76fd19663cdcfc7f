"""The link that proves an e-mail address: whoever has it has read a mail that was sent there."""

from __future__ import annotations

import hmac

from onmeet.notices.marks import mark

__all__ = ["proves", "proving_token"]


def proving_token(key: bytes, subject: str, email: str) -> str:
    """What the link carries: good for this address of this account, and for nothing else."""
    return mark(key, "prove address", f"{subject} {email}")[:32]


def proves(key: bytes, token: str, subject: str, email: str) -> bool:
    """Whether the token was mailed to this address of this account."""
    return hmac.compare_digest(token.encode(), proving_token(key, subject, email).encode())
