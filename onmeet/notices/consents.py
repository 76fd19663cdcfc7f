"""Consents: asked for a purpose, in words that are kept, and taken back as easily as given.

A record (`ConsentGiven`) is written only where the notice permits `consent.record` and its consent says
`recorded`; otherwise the consent lives in the person's browser alone and nothing is stored here. A refusal
leaves nothing behind.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import column, select, table
from sqlalchemy.orm import Session

from onmeet.db import Database
from onmeet.errors import N_, ConfigError, UserError
from onmeet.notices import versions
from onmeet.notices.models import ConsentGiven
from onmeet.notices.notice import Consent, Notice
from onmeet.notices.policy import Policy

__all__ = ["Consents", "State"]

# By name alone: accounts stand above notices
_ACCOUNTS = table("accounts", column("id"))


@dataclass(frozen=True, slots=True)
class State:
    """Where somebody stands with one consent. `wording`, `notice` and the times are of the latest record.

    asked_for: whether the notice in force still asks for it; one that it no longer asks for is past.
    """

    name: str
    given: bool
    wording: str = ""
    notice: str = ""
    given_at: datetime | None = None
    withdrawn_at: datetime | None = None
    asked_for: bool = True


class Consents:
    """The consents of accounts under the notice in force; thread-safe."""

    def __init__(self, database: Database, policy: Policy) -> None:
        self._database = database
        self._policy = policy

    def give(self, account: int, name: str, wording: str, now: datetime) -> bool:
        """Record that `account` agreed to the sentence `wording`; False when nothing is to be recorded.

        Raises `UserError` (404) for a consent that the notice in force does not ask for.
        """
        consent = self._known(name)
        if not self._records(consent):
            return False
        with self._database.writing() as session:
            for row in _standing(session, account, name):
                if row.wording == wording and row.notice == self._label:
                    return True
                row.withdrawn_at = now  # replaced by what is agreed to now
            if session.scalar(select(_ACCOUNTS.c.id).where(_ACCOUNTS.c.id == account)) is None:
                return False
            session.add(
                ConsentGiven(
                    account_id=account,
                    purpose=name,
                    wording=wording,
                    notice=self._label,
                    given_at=now,
                )
            )
        return True

    def withdraw(self, account: int, name: str, now: datetime) -> bool:
        """Take a consent back, at once; False when there was none. Also of a purpose that is past."""
        with self._database.writing() as session:
            standing = _standing(session, account, name)
            for row in standing:
                row.withdrawn_at = now
        return bool(standing)

    def of(self, account: int) -> list[State]:
        """Every consent that the notice asks of accounts, those given in meetings, then past ones."""
        asked = self._of_accounts()
        with self._database.reading() as session:
            latest = _latest(session, account)
            states = [
                _state(consent.name, latest.get(consent.name), self._still_fits(session, consent, latest))
                for consent in self._policy.notice.consents
                if consent in asked or consent.name in latest
            ]
        current = {state.name for state in states}
        past = (row for name, row in latest.items() if name not in current)
        return [*states, *(_state(row.purpose or "", row, row.withdrawn_at is None, False) for row in past)]

    def given(self, account: int, name: str) -> bool:
        """Whether `account` agrees to `name` under the notice in force."""
        return any(state.given for state in self.of(account) if state.name == name and state.asked_for)

    def needed(self, account: int) -> list[Consent]:
        """What to ask `account` now: it has never decided on it, or agreed to another purpose (N2.3)."""
        with self._database.reading() as session:
            latest = _latest(session, account)
            return [
                consent
                for consent in self._of_accounts()
                if consent.name not in latest
                or (
                    latest[consent.name].withdrawn_at is None
                    and not self._still_fits(session, consent, latest)
                )
            ]

    def who_gave(self, name: str) -> list[int]:
        """The accounts that agree to `name`: whom a newsletter may be sent to."""
        with self._database.reading() as session:
            rows = session.scalars(
                select(ConsentGiven).where(ConsentGiven.withdrawn_at.is_(None)).order_by(ConsentGiven.id)
            )
            # compared here and not by the database, where the purpose may be sealed
            accounts = dict.fromkeys(row.account_id for row in rows if row.purpose == name)
        return [account for account in accounts if self.given(account, name)]

    @property
    def _label(self) -> str:
        return versions.label_of(self._policy.notice)

    def _known(self, name: str) -> Consent:
        for consent in self._policy.notice.consents:
            if consent.name == name:
                return consent
        raise UserError(N_("The privacy notice in force does not ask for this consent."), 404)

    def _records(self, consent: Consent) -> bool:
        return consent.recorded and self._policy.stores("consent.record")

    def _of_accounts(self) -> list[Consent]:
        """What is asked on the pages of an account: not what a function asks at its first use."""
        return [
            consent
            for consent in self._policy.notice.consents
            if consent.before in ("", "registration") and self._records(consent)
        ]

    def _still_fits(self, session: Session, consent: Consent, latest: dict[str, ConsentGiven]) -> bool:
        """Whether the standing consent was given for the purpose that the notice names today."""
        row = latest.get(consent.name)
        if row is None or row.withdrawn_at is not None:
            return False
        return row.notice == self._label or _purpose(session, row) == consent.purpose


def _purpose(session: Session, row: ConsentGiven) -> str:
    """The purpose of a consent under the notice that it was given under; empty when that is unknown."""
    name, _, number = row.notice.partition("/")
    version = versions.find(session, name, number)
    try:
        notice: Notice | None = version.notice() if version else None
    except ConfigError:
        notice = None
    found = [each.purpose for each in notice.consents if each.name == row.purpose] if notice else []
    return found[0] if found else ""


def _standing(session: Session, account: int, name: str) -> list[ConsentGiven]:
    rows = session.scalars(
        select(ConsentGiven).where(ConsentGiven.account_id == account, ConsentGiven.withdrawn_at.is_(None))
    )
    return [row for row in rows if row.purpose == name]


def _latest(session: Session, account: int) -> dict[str, ConsentGiven]:
    """The newest record of each consent."""
    rows = session.scalars(
        select(ConsentGiven).where(ConsentGiven.account_id == account).order_by(ConsentGiven.id)
    )
    return {row.purpose: row for row in rows if row.purpose}


def _state(name: str, row: ConsentGiven | None, given: bool, asked_for: bool = True) -> State:
    if row is None:
        return State(name, given=False)
    return State(
        name,
        given=given,
        wording=row.wording or "",
        notice=row.notice,
        given_at=_utc(row.given_at),
        withdrawn_at=None if row.withdrawn_at is None else _utc(row.withdrawn_at),
        asked_for=asked_for,
    )


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
