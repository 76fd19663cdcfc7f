"""The forms: what people type, checked once at the edge."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, HiddenField, PasswordField, StringField, ValidationError
from wtforms.validators import DataRequired, Length

from onmeet.accounts.passwords import MAX_LENGTH, MIN_LENGTH, weakness
from onmeet.accounts.service import is_email, normal_email

__all__ = ["MeetingForm", "RegisterForm", "SignInForm", "email_address", "printable"]

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]")


def email_address(_form: Any, field: Any) -> None:
    """Validator: this looks like an address."""
    if not is_email(field.data or ""):
        raise ValidationError(lazy_gettext("Please give an e-mail address, such as name@example.org."))


def printable(_form: Any, field: Any) -> None:
    """Validator: no control characters."""
    if _UNPRINTABLE.search(field.data or ""):
        raise ValidationError(lazy_gettext("Please use letters, digits and ordinary signs only."))


def _well_chosen(form: Any, field: Any) -> None:
    match weakness(field.data or "", normal_email(form.email.data or "")):
        case "length":
            raise ValidationError(
                lazy_gettext("Please take at least %(least)s characters.", least=MIN_LENGTH)
            )
        case "guessable":
            raise ValidationError(lazy_gettext("This password is too easy to guess."))


class RegisterForm(FlaskForm):  # type: ignore[misc]
    """A new account."""

    email = EmailField(lazy_gettext("E-mail"), [email_address])
    password = PasswordField(lazy_gettext("Password"), [_well_chosen])
    name = StringField(lazy_gettext("Name"), [Length(max=64), printable])


class SignInForm(FlaskForm):  # type: ignore[misc]
    """`next`: the path to go to afterwards, checked by the view."""

    email = EmailField(lazy_gettext("E-mail"), [email_address])
    password = PasswordField(lazy_gettext("Password"), [DataRequired(), Length(max=MAX_LENGTH)])
    stay = BooleanField(lazy_gettext("Stay signed in on this device"))
    next = HiddenField()


class MeetingForm(FlaskForm):  # type: ignore[misc]
    """The title of a meeting."""

    title = StringField(
        lazy_gettext("Title"),
        [DataRequired(lazy_gettext("Please give the meeting a title.")), Length(max=120), printable],
    )
