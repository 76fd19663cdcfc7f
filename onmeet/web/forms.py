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
from onmeet.notices.countries import COUNTRIES

__all__ = ["RegisterForm", "SignInForm", "a_country", "a_number", "email_address", "printable"]

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]")


def email_address(_form: Any, field: Any) -> None:
    """Validator: this looks like an address."""
    if not is_email(field.data or ""):
        raise ValidationError(lazy_gettext("Please give an e-mail address, such as name@example.org."))


def printable(_form: Any, field: Any) -> None:
    """Validator: no control characters."""
    if _UNPRINTABLE.search(field.data or ""):
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


def _well_chosen(form: Any, field: Any) -> None:
    match weakness(field.data or "", normal_email(form.email.data or "")):
        case "length":
            raise ValidationError(
                lazy_gettext("Please take at least %(least)s characters.", least=MIN_LENGTH)
            )
        case "guessable":
            raise ValidationError(lazy_gettext("This password is too easy to guess."))


class RegisterForm(FlaskForm):  # type: ignore[misc]
    """A new account. The view takes out what the notice does not permit, and the age where it names none."""

    email = EmailField(lazy_gettext("E-mail"), [email_address])
    password = PasswordField(lazy_gettext("Password"), [_well_chosen])
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
