"""Passwords as argon2id hashes (RFC 9106), and what a password must be like."""

from __future__ import annotations

import threading
from typing import Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

__all__ = ["MAX_LENGTH", "MIN_LENGTH", "Passwords", "weakness"]

MIN_LENGTH = 10
MAX_LENGTH = 256

_AT_ONCE = 2
"""Hashes computed at the same time: a crowd that signs in waits instead of filling the memory."""


class Passwords:
    """Hashes and checks; safe to share between threads.

    The defaults (32 MiB, three passes) take about 50 ms on a small server.
    """

    def __init__(self, time_cost: int = 3, memory_kib: int = 32 * 1024) -> None:
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=1)
        self._slots = threading.BoundedSemaphore(_AT_ONCE)
        self._decoy = self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """The encoded hash, with its parameters and a fresh salt."""
        with self._slots:
            return self._hasher.hash(password)

    def matches(self, encoded: str | None, password: str) -> bool:
        """Whether `password` made `encoded`. With None the same work is done, and the answer is no."""
        try:
            with self._slots:
                right = self._hasher.verify(encoded or self._decoy, password)
        except (VerificationError, InvalidHashError):
            return False
        return right and encoded is not None

    def outdated(self, encoded: str) -> bool:
        """Whether `encoded` was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(encoded)


def weakness(password: str, email: str) -> Literal["length", "guessable"] | None:
    """What is wrong with a password that somebody chose for the account of `email`, or None."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        return "length"
    if len(set(password)) < 4 or password.lower() == email.strip().lower():
        return "guessable"  # one letter again and again, or the address
    return None
