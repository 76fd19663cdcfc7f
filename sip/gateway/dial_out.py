"""Which numbers a meeting may call, how often, and for how long: the limits that keep a bill bounded.

Pure but for what was spent this month, which is asked and told through `Ledger`.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Protocol

import phonenumbers

from onmeet.phone.settings import DialOut

__all__ = ["DialOuts", "Ledger", "NotDialled", "Reservation", "international"]

_HOUR = 3600.0
_MILLICENTS = 1000


class NotDialled(Exception):
    """The call is not made; `code` says why: not-allowed, limit, cost, no-trunk."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Ledger(Protocol):
    """What was spent, in thousandths of a cent."""

    def spent(self) -> int:
        """In this month."""

    def add(self, millicents: int) -> None:
        """A call is over."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """Leave to make one call. millicents: a minute. seconds: how long it may last at most."""

    number: str
    millicents: int
    seconds: float


def international(number: str) -> str | None:
    """`+4930123456` for what somebody typed in international form, or None for what is no such number."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


class DialOuts:
    """The limits of one server. Accounts are counted by number, in memory, for an hour."""

    def __init__(self, settings: DialOut | None, ledger: Ledger) -> None:
        self._settings = settings
        self._ledger = ledger
        self._calls: deque[tuple[float, int]] = deque()  # when, for which account
        self._running: dict[int, Reservation] = {}

    def reserve(self, number: str, account: int, now: float) -> Reservation:
        """Leave to call `number`, counted at once. Raises `NotDialled`."""
        settings = self._settings
        if settings is None:
            raise NotDialled("no-trunk")
        dialled = international(number)
        cents = settings.rate(dialled) if dialled is not None and settings.permits(dialled) else None
        if dialled is None or cents is None:
            raise NotDialled("not-allowed")  # a price that is not known is not paid
        while self._calls and self._calls[0][0] <= now - _HOUR:
            self._calls.popleft()
        mine = sum(each == account for _, each in self._calls)
        if len(self._calls) >= settings.per_hour or mine >= settings.per_account_per_hour:
            raise NotDialled("limit")
        reservation = self._afford(settings, dialled, round(cents * _MILLICENTS))
        self._calls.append((now, account))
        self._running[id(reservation)] = reservation
        return reservation

    def settle(self, reservation: Reservation, seconds: float) -> None:
        """The call is over after so many seconds of talk, 0 when nobody answered. Counted by the minute."""
        if self._running.pop(id(reservation), None) is not None and seconds > 0:
            self._ledger.add(math.ceil(seconds / 60) * reservation.millicents)

    def _afford(self, settings: DialOut, number: str, rate: int) -> Reservation:
        """How long the call may last for what is left; calls under way count as if they used all theirs."""
        minutes = settings.max_minutes
        if rate:
            reserved = sum(math.ceil(each.seconds / 60) * each.millicents for each in self._running.values())
            left = settings.monthly_cents * _MILLICENTS - self._ledger.spent() - reserved
            minutes = min(minutes, left // rate)
        if minutes < 1:
            raise NotDialled("cost")
        return Reservation(number, rate, 60.0 * minutes)
