"""The forms: what people type, checked once at the edge."""

from __future__ import annotations

import re
from typing import Any
from unicodedata import category

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, HiddenField, PasswordField, StringField, ValidationError
from wtforms.validators import DataRequired, Length

from onmeet.accounts.passwords import MAX_LENGTH, MIN_LENGTH, weakness
from onmeet.accounts.service import is_email, normal_email
from onmeet.notices.countries import COUNTRIES

__all__ = [
    "RegisterForm", "SignInForm", "a_country", "a_number", "email_address", "new_password", "printable",
]  # fmt: skip

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, and those that would turn round the writing of what stands behind them."""


def email_address(_form: Any, field: Any) -> None:
    """Validator: this looks like an address."""
    if not is_email(field.data or ""):
        raise ValidationError(lazy_gettext("Please give an e-mail address, such as name@example.org."))


def printable(_form: Any, field: Any) -> None:
    """Validator: no control characters, and something to see unless it is empty."""
    text = (field.data or "").strip()
    invisible = text and all(category(sign)[0] in "CZ" for sign in text)
    if invisible or _UNPRINTABLE.search(text):
        raise ValidationError(lazy_gettext("Please use letters, digits and ordinary signs only."))


def a_country(_form: Any, field: Any) -> None:
    """Validator: empty, or a country's two letters (ISO 3166-1)."""
    if field.data and field.data.strip().upper() not in COUNTRIES:
        raise ValidationError(lazy_gettext("Please give the country as two letters, such as DE."))


def a_number(_form: Any, field: Any) -> None:
    """Validator: empty, or what looks like a telephone number."""
    digits = [sign for sign in field.data or "" if sign.isdigit()]
    if field.data and (len(digits) < 4 or set(field.data) - set("+0123456789 ()/-.")):
        raise ValidationError(lazy_gettext("Please give a telephone number, such as +49 30 1234567."))


def new_password(form: Any, field: Any) -> None:
    """Validator: a password that may be taken, for the address in the same form if there is one."""
    email = getattr(form, "email", None)
    match weakness(field.data or "", normal_email(email.data or "") if email is not None else ""):
        case "length":
            raise ValidationError(
                lazy_gettext(
                    "Please take %(least)s to %(most)s characters.", least=MIN_LENGTH, most=MAX_LENGTH
                )
            )
        case "guessable":
            raise ValidationError(lazy_gettext("This password is too easy to guess."))


class RegisterForm(FlaskForm):  # type: ignore[misc]
    """A new account. The view takes out what the notice does not permit, and the age where it names none."""

    email = EmailField(lazy_gettext("E-mail"), [email_address])
    password = PasswordField(lazy_gettext("Password"), [new_password])
    name = StringField(lazy_gettext("Name"), [Length(max=64), printable])
    phone = StringField(lazy_gettext("Telephone number"), [Length(max=32), a_number])
    country = StringField(lazy_gettext("Country"), [Length(max=2), a_country])
    old_enough = BooleanField(
        validators=[DataRequired(lazy_gettext("Please confirm your age: the service is not for children."))]
    )


class SignInForm(FlaskForm):  # type: ignore[misc]
    """`next`: the path to go to afterwards, checked by the view."""

    email = EmailField(lazy_gettext("E-mail"), [email_address])
    password = PasswordField(lazy_gettext("Password"), [DataRequired(), Length(max=MAX_LENGTH)])
    stay = BooleanField(lazy_gettext("Stay signed in on this device"))
    next = HiddenField()
