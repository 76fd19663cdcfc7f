"""What the pages of passkeys, codes and single sign-on are given."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from onmeet.accounts.factors import Held
from onmeet.accounts.passkeys import PasskeyLine
from onmeet.web.contexts import Page
from onmeet.web.factors.forms import (
    AppForm,
    CodeForm,
    LabelForm,
    NewPasswordForm,
    PasswordCheckForm,
    SsoForm,
    WelcomeForm,
)

__all__ = [
    "AppPage", "CheckPage", "CodesPage", "GoPage", "NewPasskeyPage", "NewPasswordPage", "SecondPage",
    "SecurityPage", "SsoPage", "WelcomePage",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class SecurityPage(Page):
    """Everything that opens the account. most: how many passkeys there may be.

    tied: the sign-in service whose person this is, or empty.
    """

    template = "factors/security.html"
    held: Held
    passkeys: list[PasskeyLine]
    most: int
    tied: str


@dataclass(frozen=True, kw_only=True)
class NewPasskeyPage(Page):
    template = "factors/new_passkey.html"
    form: LabelForm


@dataclass(frozen=True, kw_only=True)
class AppPage(Page):
    """Setting an authenticator app up. picture: the QR code; secret: what is in it, to be typed."""

    template = "factors/app.html"
    form: AppForm
    picture: Markup
    secret: str


@dataclass(frozen=True, kw_only=True)
class CodesPage(Page):
    """Recovery codes, for the only time. last: they follow the last of the old ones. next: where to go on."""

    template = "factors/codes.html"
    codes: list[str]
    last: bool = False
    next: str = ""


@dataclass(frozen=True, kw_only=True)
class NewPasswordPage(Page):
    template = "factors/password.html"
    form: NewPasswordForm


@dataclass(frozen=True, kw_only=True)
class SecondPage(Page):
    """The step after the password."""

    template = "factors/second.html"
    form: CodeForm
    held: Held
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class CheckPage(Page):
    """Proving to be there. by_password, by_code, by_passkey: open ways. by_sso: the group's name."""

    template = "factors/check.html"
    password: PasswordCheckForm
    code: CodeForm
    by_password: bool
    by_code: bool
    by_passkey: bool
    by_sso: str
    next: str
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class SsoPage(Page):
    template = "factors/sso.html"
    form: SsoForm
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class GoPage(Page):
    """The way to an organisation's sign-in service: its host is shown before anybody goes there."""

    template = "factors/sso_go.html"
    group: str
    host: str
    address: str


@dataclass(frozen=True, kw_only=True)
class WelcomePage(Page):
    """Before joining (N1.11). new: an account is made. sees, tightens: sentences about the group.

    purposes: what the data is asked for. minimum_age: 0 where there is none. asked: consents, name and
    sentence. refused: one of them is missing.
    """

    template = "factors/sso_welcome.html"
    form: WelcomeForm
    group: str
    email: str
    new: bool
    sees: list[str]
    tightens: list[str]
    purposes: str
    minimum_age: int
    asked: list[tuple[str, str]]
    refused: bool
