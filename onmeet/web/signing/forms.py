"""The forms on the way into an account."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import EmailField, PasswordField
from wtforms.validators import DataRequired, Length

from onmeet.accounts.passwords import MAX_LENGTH
from onmeet.web.forms import email_address, new_password

__all__ = ["ConfirmForm", "ForgottenForm", "PictureForm", "ResetForm"]


class ConfirmForm(FlaskForm):  # type: ignore[misc]
    """The password that was chosen on registering."""

    password = PasswordField(lazy_gettext("Your password"), [DataRequired(), Length(max=MAX_LENGTH)])


class ForgottenForm(FlaskForm):  # type: ignore[misc]
    """Where the link is to go."""

    email = EmailField(lazy_gettext("E-mail"), [email_address])


class ResetForm(FlaskForm):  # type: ignore[misc]
    """Another password."""

    password = PasswordField(lazy_gettext("New password"), [new_password])


class PictureForm(FlaskForm):  # type: ignore[misc]
    """A picture of oneself."""

    picture: Any = FileField(lazy_gettext("Picture"), [DataRequired()])
