"""Sign-ins: one for each browser, listed to their owner, ended one by one or all at once."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Select, delete, select, update
from sqlalchemy.orm import Session

from onmeet.accounts.models import Account, SignIn, SignInDetail
from onmeet.accounts.people import SignedIn, Standing, WrongCredentials, person_of
from onmeet.db import Database

__all__ = ["Browser", "SignIns", "ended_in", "may_enter"]

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser that is signed in. name: names it in requests. device, began_at: empty where not kept."""

    name: str
    device: str
    began_at: datetime | None
    here: bool


class SignIns:
    """The service; thread-safe. Of a token only the hash is stored."""

    def __init__(self, database: Database, wall_clock: Callable[[], float]) -> None:
        self._database = database
        self._wall_clock = wall_clock

    def begin(self, account_id: int, *, days: float, strong: bool = False, device: str = "") -> SignedIn:
        """Begin a sign-in that lasts `days`; whoever calls this has made sure who it is.

        strong: a passkey or a second factor was used. device: shown to the owner in the list; empty where the
        notice does not permit that. Raises `WrongCredentials` when the account is not open (any more).
        """
        token, now = secrets.token_urlsafe(32), int(self._wall_clock())
        with self._database.writing() as session:
            account = session.scalar(select(Account).where(Account.id == account_id, *may_enter()))
            if account is None:
                raise WrongCredentials
            session.execute(delete(SignIn).where(SignIn.expires <= now))
            begun = SignIn(
                token_hash=_hash(token),
                account_id=account_id,
                expires=now + int(days * DAY),
                strong=strong,
                checked_at=now,
            )
            session.add(begun)
            session.flush()
            if device:
                session.add(
                    SignInDetail(
                        account_id=account_id,
                        sign_in=begun.token_hash,
                        device=device,
                        began_at=datetime.fromtimestamp(now, UTC),
                    )
                )
            today = datetime.fromtimestamp(now, UTC).date()
            if account.last_seen_on != today:
                account.last_seen_on = today
                account.warned_on = None
        return SignedIn(person_of(account), token)

    def standing(self, token: str) -> Standing | None:
        """What a token stands for, or None when that sign-in has ended."""
        query = (
            select(Account, SignIn)
            .join(SignIn, SignIn.account_id == Account.id)
            .where(SignIn.token_hash == _hash(token), SignIn.expires > int(self._wall_clock()))
            .where(*may_enter())
        )
        with self._database.reading() as session:
            found = session.execute(query).first()
        return Standing(person_of(found[0]), found[1].strong, found[1].checked_at) if found else None

    def prove(self, token: str, *, strong: bool = False) -> None:
        """The owner has just proved to be there. strong: with a passkey or a second factor."""
        with self._database.writing() as session:
            found = session.get(SignIn, _hash(token))
            if found is not None:
                found.checked_at = int(self._wall_clock())
                found.strong = found.strong or strong

    def renew(self, token: str) -> str:
        """Another token for a sign-in: a copy of its cookie is worth nothing from now on.

        The same token when that sign-in has ended.
        """
        fresh = secrets.token_urlsafe(32)
        with self._database.writing() as session:
            old = session.get(SignIn, _hash(token))
            if old is None:
                return token
            new = SignIn(
                token_hash=_hash(fresh),
                account_id=old.account_id,
                expires=old.expires,
                strong=old.strong,
                checked_at=old.checked_at,
            )
            session.add(new)
            session.flush()
            about = update(SignInDetail).where(SignInDetail.sign_in == old.token_hash)
            session.execute(about.values(sign_in=new.token_hash))
            session.execute(delete(SignIn).where(SignIn.token_hash == old.token_hash))
        return fresh

    def end(self, token: str) -> None:
        """End a sign-in; a copy of its cookie is worth nothing from now on."""
        with self._database.writing() as session:
            session.execute(delete(SignIn).where(SignIn.token_hash == _hash(token)))

    def of(self, account_id: int, token: str = "") -> list[Browser]:
        """The browsers of an account, the one of `token` first, then the newest."""
        query = self._current(account_id).add_columns(SignInDetail)
        with self._database.reading() as session:
            found = session.execute(query).all()
        here = _hash(token)
        browsers = [
            Browser(
                each.name,
                (detail.device or "") if detail else "",
                _aware(detail.began_at) if detail else None,
                each.token_hash == here,
            )
            for each, detail in found
        ]
        return sorted(browsers, key=lambda one: (not one.here, -_seconds(one.began_at)))

    def end_one(self, account_id: int, name: str) -> bool:
        """End the sign-in of this name; False when the account has none such."""
        with self._database.writing() as session:
            ended = session.execute(
                delete(SignIn).where(SignIn.account_id == account_id, SignIn.name == name)
            )
        return bool(ended.rowcount)  # type: ignore[attr-defined]

    def end_all(self, account_id: int, *, keep: str = "") -> int:
        """End every sign-in, apart from the one of the token `keep`; returns how many."""
        with self._database.writing() as session:
            return ended_in(session, account_id, keep=keep)

    def _current(self, account_id: int) -> Select[SignIn]:
        return (
            select(SignIn)
            .outerjoin(SignInDetail, SignInDetail.sign_in == SignIn.token_hash)
            .where(SignIn.account_id == account_id, SignIn.expires > int(self._wall_clock()))
        )


def may_enter() -> tuple[ColumnElement[bool], ...]:
    """Conditions on an account of which there may be sign-ins: open, and its address confirmed."""
    return Account.closed_on.is_(None), Account.erasing.is_(False), Account.pending_until.is_(None)


def ended_in(session: Session, account_id: int, *, keep: str = "") -> int:
    """End the sign-ins of an account within a transaction, apart from that of a token; returns how many."""
    ended = session.execute(
        delete(SignIn).where(SignIn.account_id == account_id, SignIn.token_hash != _hash(keep))
    )
    return int(ended.rowcount)  # type: ignore[attr-defined]


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _aware(moment: datetime | None) -> datetime | None:
    """SQLite forgets the time zone, which is always UTC."""
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _seconds(moment: datetime | None) -> float:
    return moment.timestamp() if moment is not None else 0.0
