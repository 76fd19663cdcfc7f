"""What the pages on the way into an account are given, and the one with its details."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from onmeet.accounts.moving import Side
from onmeet.web.contexts import Page
from onmeet.web.own_forms import DetailsForm, EmailForm, PasswordForm
from onmeet.web.signing.forms import ConfirmForm, ForgottenForm, PictureForm, ResetForm

__all__ = [
    "AddressPage", "BrowserLine", "ConfirmPage", "DetailsPage", "ForgottenPage", "ResetPage", "SentPage",
    "WishLine",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class SentPage(Page):
    """Look into your mailbox. why: what the mail is for. outbox: mails lie on this machine."""

    template = "signing/sent.html"
    why: Literal["registered", "forgotten"]
    outbox: bool


@dataclass(frozen=True, kw_only=True)
class ConfirmPage(Page):
    template = "signing/confirm.html"
    token: str
    address: str
    form: ConfirmForm
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class ForgottenPage(Page):
    template = "signing/forgotten.html"
    form: ForgottenForm


@dataclass(frozen=True, kw_only=True)
class ResetPage(Page):
    template = "signing/reset.html"
    token: str
    address: str
    form: ResetForm


@dataclass(frozen=True, kw_only=True)
class AddressPage(Page):
    """side: at which address the link arrived. address: the old one, told at the old one only."""

    template = "signing/address.html"
    token: str
    side: Side
    address: str
    new_address: str


@dataclass(frozen=True, kw_only=True)
class BrowserLine:
    """A browser that is signed in. device, since: empty where that is not known."""

    name: str
    device: str
    since: str
    here: bool


@dataclass(frozen=True, kw_only=True)
class WishLine:
    """A change of address that is under way. confirmed: at which of the two, or empty. until: a day."""

    address: str
    confirmed: str
    until: str


@dataclass(frozen=True, kw_only=True)
class DetailsPage(Page):
    """`permitted`: what of name, phone, country, language, time_zone and picture the notice lets us hold.

    purposes: what each of them is used for. proven: the address is. calls: a proven address lets a host call
    out. listed: whether browsers are told apart in the list. zones: names of time zones.
    """

    template = "my_data/details.html"
    details: DetailsForm
    email: EmailForm
    password: PasswordForm
    picture: PictureForm
    permitted: list[str]
    purposes: dict[str, str]
    address: str
    wish: WishLine | None
    proven: bool
    calls: bool
    has_picture: bool
    listed: bool
    browsers: list[BrowserLine]
    problem: str = ""
