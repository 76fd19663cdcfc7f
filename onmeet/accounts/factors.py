"""With what somebody gets into their account, and how it is made sure that it is they.

A password alone opens an account as long as there is neither an authenticator app nor a recovery code; then a
second step follows it. Codes do not run out (`RecoveryCodes.takes`), so that this ends only when somebody who
has proved to be there gives up the app or the last passkey. A passkey is strong by itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import func, select

from onmeet.accounts.attempts import Attempts
from onmeet.accounts.models import Account, Passkey, RecoveryCode
from onmeet.accounts.passkeys import Passkeys
from onmeet.accounts.recovery_codes import RecoveryCodes, Spent
from onmeet.accounts.totp import Totp
from onmeet.db import Database
from onmeet.notices.marks import mark

__all__ = ["FRESH_SECONDS", "Factors", "Held", "WrongCode"]

FRESH_SECONDS = 600
"""For so long somebody who has proved to be there is believed before changes that matter."""

_ANYWHERE = "anywhere"
"""Codes are short: guesses are counted for all clients together, with the long waits of a single one."""


class WrongCode(Exception):
    """Neither a code of the app nor a recovery code."""


@dataclass(frozen=True, slots=True)
class Held:
    """What an account has: password, number of passkeys, authenticator app, recovery codes left."""

    password: bool
    passkeys: int
    totp: bool
    codes: int

    @property
    def asks_second(self) -> bool:
        """Whether a password is only the first step."""
        return self.totp or self.codes > 0

    @property
    def strong(self) -> bool:
        """Whether there is anything besides the password, as operators must have."""
        return self.totp or self.passkeys > 0

    @property
    def may_drop_password(self) -> bool:
        """Whether passkeys open the account, and something opens it should they be lost."""
        return self.password and self.passkeys > 0 and self.codes > 0


class Factors:
    """The services of passkeys, app and recovery codes, joined; thread-safe."""

    def __init__(
        self,
        database: Database,
        *,
        key: bytes,
        wall_clock: Callable[[], float] = time.time,
        attempts: Attempts | None = None,
    ) -> None:
        self._database = database
        self._key = key
        self._wall_clock = wall_clock
        self._attempts = Attempts() if attempts is None else attempts
        self.passkeys = Passkeys(database, key=key, wall_clock=wall_clock)
        self.totp = Totp(database, wall_clock=wall_clock)
        self.codes = RecoveryCodes(database, key=key)

    def of(self, account_id: int) -> Held:
        """What the account has; nothing when it has gone."""
        keys = select(func.count(Passkey.id)).where(Passkey.account_id == account_id)
        codes = select(func.count(RecoveryCode.id)).where(RecoveryCode.account_id == account_id)
        with self._database.reading() as session:
            account = session.get(Account, account_id)
            passkeys, left = session.scalar(keys) or 0, session.scalar(codes) or 0
        if account is None:
            return Held(False, 0, False, 0)
        return Held(account.password is not None, passkeys, account.totp is not None, left)

    def second(self, account_id: int, code: str, *, recovery: bool = True) -> Spent | None:
        """Take a code of the app, or a recovery code where `recovery`: what that leaves, None after the app.

        Raises `WrongCode`, or `TooManyAttempts` before anything is checked.
        """
        name = mark(self._key, "attempts second", str(account_id))
        self._attempts.begin(name, _ANYWHERE, known_here=True)
        spent = None
        if not self.totp.takes(account_id, code):
            spent = self.codes.takes(account_id, code) if recovery else None
            if spent is None:
                raise WrongCode
        self._attempts.succeeded(name, _ANYWHERE)
        return spent

    def drop_password(self, account_id: int) -> bool:
        """Let passkeys be the only way in; False unless there are passkeys and recovery codes."""
        if not self.of(account_id).may_drop_password:
            return False
        with self._database.writing() as session:
            account = session.get(Account, account_id)
            if account is not None:
                account.password = None
        self._database.erase_traces()
        return True

    def remove_passkey(self, account_id: int, number: int) -> bool:
        """Remove one; False when there is no such passkey, or nothing else opens the account."""
        held = self.of(account_id)
        if held.passkeys == 1 and not held.password:
            return False
        removed = self.passkeys.remove(account_id, number)
        self._tidy(account_id)
        return removed

    def turn_off_totp(self, account_id: int) -> None:
        """Forget the app; recovery codes go with the last second factor."""
        self.totp.turn_off(account_id)
        self._tidy(account_id)

    def is_fresh(self, checked_at: int) -> bool:
        """Whether that proof is recent enough for a change that matters."""
        return self._wall_clock() - checked_at < FRESH_SECONDS

    def _tidy(self, account_id: int) -> None:
        held = self.of(account_id)
        if held.password and not held.strong:
            self.codes.remove(account_id)  # nothing is left that they stand in for
