"""What somebody shows of themselves in calls, to whom (N1.9).

Three audiences: `callers` come with a code of mine, `visitors` open my page without one (where anyone may
call), `called` are those whom I call. A notice may permit less: then it is neither offered nor shown.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from sqlalchemy import select

from onmeet.accounts.models import Account
from onmeet.db import Database
from onmeet.notices.policy import Policy

__all__ = ["AUDIENCES", "FIELDS", "Audience", "Sharing", "Shown", "shareable"]

Audience = Literal["callers", "called", "visitors"]
AUDIENCES: tuple[Audience, ...] = get_args(Audience)

FIELDS = ("name", "picture", "email", "phone", "country")

_DEFAULT: Mapping[str, tuple[str, ...]] = {"callers": ("name",), "called": ("name",), "visitors": ()}


@dataclass(frozen=True, slots=True)
class Shown:
    """What an audience sees; empty where nothing is held or shared. picture: whether there is one."""

    name: str = ""
    picture: bool = False
    email: str = ""
    phone: str = ""
    country: str = ""


def shareable(policy: Policy) -> tuple[str, ...]:
    """The fields that the notice lets us keep as they are and show to others in a call."""
    found = []
    for field in FIELDS:
        item = policy.item(f"account.{field}")
        if item is not None and policy.storing(item.category) == "as-is" and "participants" in item.readers:
            found.append(field)
    return tuple(found)


class Sharing:
    """The service; `fields`: what can be shared at all under the notice in force."""

    def __init__(self, database: Database, policy: Policy) -> None:
        self._database = database
        self.fields = shareable(policy)

    def chosen(self, account_id: int) -> dict[Audience, tuple[str, ...]]:
        """What the account shares with each audience."""
        with self._database.reading() as session:
            return self._read(session.scalar(select(Account.shares).where(Account.id == account_id)))

    def choose(self, account_id: int, chosen: Mapping[Audience, Collection[str]]) -> None:
        """Share these fields from now on, and no others."""
        kept = {
            audience: [field for field in self.fields if field in chosen.get(audience, ())]
            for audience in AUDIENCES
        }
        with self._database.writing() as session:
            account = session.get(Account, account_id)
            if account is not None:
                account.shares = json.dumps(kept)

    def shown(self, account_id: int, audience: Audience) -> Shown:
        """What this audience sees; nothing while processing is restricted (GDPR Art. 18)."""
        with self._database.reading() as session:
            account = session.get(Account, account_id)
        if account is None or account.restricted:
            return Shown()
        fields = self._read(account.shares)[audience]
        return Shown(
            name=_if("name" in fields, account.name),
            picture="picture" in fields and account.picture is not None,
            email=_if("email" in fields, account.email),
            phone=_if("phone" in fields, account.phone),
            country=_if("country" in fields, account.country),
        )

    def picture(self, account_id: int, audience: Audience) -> bytes | None:
        """The picture as this audience sees it, WebP; None where it is not shared."""
        if not self.shown(account_id, audience).picture:
            return None
        with self._database.reading() as session:
            held = session.scalar(select(Account.picture).where(Account.id == account_id))
        return base64.b64decode(held) if held else None

    def _read(self, stored: str | None) -> dict[Audience, tuple[str, ...]]:
        try:
            said = json.loads(stored) if stored else _DEFAULT
        except ValueError:
            said = {}  # an operator's notice may have cut it: then nothing is shared
        return {
            audience: tuple(field for field in self.fields if field in said.get(audience, ()))
            for audience in AUDIENCES
        }


def _if(shared: bool, value: str | None) -> str:
    return (value or "") if shared else ""
