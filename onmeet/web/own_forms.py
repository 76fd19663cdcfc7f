"""The forms of the account pages and of requests about one's data."""

from __future__ import annotations

import zoneinfo
from typing import Any

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    EmailField,
    PasswordField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from onmeet.accounts.passwords import MAX_LENGTH
from onmeet.notices.requests import KINDS
from onmeet.web.factors.guards import password_counts
from onmeet.web.forms import a_country, a_number, email_address, new_password, printable
from onmeet.web.language import LANGUAGES

__all__ = [
    "KIND_NAMES", "AnswerForm", "DeleteForm", "DetailsForm", "EmailForm", "PasswordForm", "RequestForm",
]  # fmt: skip

KIND_NAMES = {
    "access": lazy_gettext("Access: what do you hold about me?"),
    "rectification": lazy_gettext("Correction: something is wrong"),
    "erasure": lazy_gettext("Erasure: delete what you hold about me"),
    "restriction": lazy_gettext("Restriction: keep it, but do not use it"),
    "objection": lazy_gettext("Objection: I do not agree to this use"),
    "portability": lazy_gettext("Portability: I want to take my data along"),
    "child": lazy_gettext("A child: you hold something about a child without permission"),
}


def _one_of(_form: Any, field: Any) -> None:
    """One of the choices, or nothing, as where the notice does not permit the field."""
    if field.data and field.data not in {value for value, *_ in field.iter_choices()}:
        raise ValidationError(lazy_gettext("Please choose one of the list."))


def _languages() -> list[SelectChoice]:
    return [SelectChoice("", lazy_gettext("Not told")), *(SelectChoice(*each) for each in LANGUAGES.items())]


def _zones() -> list[SelectChoice]:
    """The zones that have a place in their name, and UTC."""
    names = sorted(name for name in zoneinfo.available_timezones() if "/" in name and name[0:3] != "Etc")
    return [
        SelectChoice("", lazy_gettext("Not told")),
        *(SelectChoice(name, name) for name in ["UTC", *names]),
    ]


class DetailsForm(FlaskForm):  # type: ignore[misc]
    """What may be corrected without a password; fields that the notice does not permit are left out."""

    name = StringField(lazy_gettext("Name"), [Length(max=64), printable])
    phone = StringField(lazy_gettext("Telephone number"), [Length(max=32), a_number])
    country = StringField(lazy_gettext("Country"), [Length(max=2), a_country])
    language = SelectField(
        lazy_gettext("Language of our mails"), [_one_of], choices=_languages, validate_choice=False
    )
    time_zone = SelectField(lazy_gettext("Time zone"), [_one_of], choices=_zones, validate_choice=False)

    def told(self) -> list[str]:
        """The names of the fields that were sent."""
        return [field.short_name for field in self if field.raw_data and field.short_name != "csrf_token"]


class _WithPassword(FlaskForm):  # type: ignore[misc]
    """Asks for the password again, where that proves anything: see `guards.password_counts`."""

    password = PasswordField(lazy_gettext("Your password"), [DataRequired(), Length(max=MAX_LENGTH)])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not password_counts():
            del self.password


class EmailForm(_WithPassword):
    """Another address."""

    email = EmailField(lazy_gettext("New e-mail address"), [email_address])


class PasswordForm(_WithPassword):
    """Another password."""

    new = PasswordField(lazy_gettext("New password"), [new_password])


class DeleteForm(_WithPassword):
    """The end of an account, or the export of it: only for whoever knows the password."""


class RequestForm(FlaskForm):  # type: ignore[misc]
    """A request about one's data. Somebody who is signed in gives no address."""

    kind = SelectField(
        lazy_gettext("What is it about?"), choices=[SelectChoice(kind, KIND_NAMES[kind]) for kind in KINDS]
    )
    email = EmailField(lazy_gettext("Your e-mail address"), [email_address])
    text = TextAreaField(lazy_gettext("In your words"), [Length(max=4000)])


class AnswerForm(FlaskForm):  # type: ignore[misc]
    """The answer of a meeting's owner to a request that was passed on."""

    answer = TextAreaField(lazy_gettext("Your answer"), [DataRequired(), Length(max=8000)])
    refused = BooleanField(lazy_gettext("I refuse the request, for the reasons given"))
