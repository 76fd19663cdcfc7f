"""Mailed links, as pages read them."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext

from onmeet import clock
from onmeet.accounts.addressees import Addressee, Addressees
from onmeet.errors import UserError
from onmeet.mail.links import read_link
from onmeet.web.services import services

__all__ = ["Followed", "follow", "gone"]


@dataclass(frozen=True, slots=True)
class Followed:
    """A link that is good. purpose: the kind of mail it came in. person: to whom it went."""

    account: int
    purpose: str
    person: Addressee


def follow(token: str, *purposes: str, seconds: float) -> Followed:
    """What a link opens, if it was mailed for one of `purposes` within `seconds`. Raises `UserError`."""
    people, key, now = Addressees(services().database), services().config.marks_key, clock.now()
    for purpose in purposes:
        account = read_link(key, token, purpose, people.state_of, now, int(seconds))
        person = people.of(account) if account is not None else None
        if account is not None and person is not None:
            return Followed(account, purpose, person)
    raise gone()


def gone() -> UserError:
    """What is said of a link that opens nothing (any more)."""
    return UserError(
        gettext("This link is not good any more: it was used, it is too old, or something else came later."),
        404,
    )
