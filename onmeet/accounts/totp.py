"""Codes from an authenticator app (TOTP, RFC 6238): six digits, another every 30 seconds.

A code is taken once, and none that is older than the last one that was taken (§5.2). One step before and
after the present one is accepted, for clocks that are not quite right.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pyotp
from pyotp.utils import strings_equal
from sqlalchemy import update

from onmeet.accounts.models import Account
from onmeet.db import Database

__all__ = ["Totp", "new_secret", "setup_address"]

STEP_SECONDS = 30
_CODE = re.compile(r"[0-9]{6}")


def new_secret() -> str:
    """160 random bits (RFC 4226 §4), in base32 as apps take them."""
    return pyotp.random_base32(32)


def setup_address(secret: str, name: str) -> str:
    """The `otpauth:` address that an app reads from a QR code; `name` is shown beside its codes."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name="OnMeet"))


class Totp:
    """The service; thread-safe."""

    def __init__(self, database: Database, *, wall_clock: Callable[[], float]) -> None:
        self._database = database
        self._wall_clock = wall_clock

    def turn_on(self, account_id: int, secret: str, code: str) -> bool:
        """Keep a secret once the app has shown that it holds it; False when the code does not fit."""
        step = self._step(secret, code)
        if step is None:
            return False
        with self._database.writing() as session:
            account = session.get(Account, account_id)
            if account is None:
                return False
            account.totp, account.totp_step = secret, step
        return True

    def turn_off(self, account_id: int) -> None:
        """Forget the secret."""
        with self._database.writing() as session:
            account = session.get(Account, account_id)
            if account is not None:
                account.totp, account.totp_step = None, 0
        self._database.erase_traces()

    def takes(self, account_id: int, code: str) -> bool:
        """Whether a code is right and new; it is worth nothing from then on."""
        with self._database.reading() as session:
            account = session.get(Account, account_id)
        step = self._step(account.totp, code) if account is not None and account.totp else None
        if step is None:
            return False
        newer = (
            update(Account)
            .where(Account.id == account_id, Account.totp.is_not(None), Account.totp_step < step)
            .values(totp_step=step)
        )
        with self._database.writing() as session:
            return session.execute(newer).rowcount == 1  # type: ignore[attr-defined, no-any-return]

    def _step(self, secret: str, code: str) -> int | None:
        """The time step whose code this is, out of the present one and its neighbours."""
        typed = "".join(code.split())
        if _CODE.fullmatch(typed) is None:
            return None
        now, app = int(self._wall_clock()) // STEP_SECONDS, pyotp.TOTP(secret)
        fitting = [step for step in (now - 1, now, now + 1) if strings_equal(typed, app.generate_otp(step))]
        return max(fitting, default=None)
