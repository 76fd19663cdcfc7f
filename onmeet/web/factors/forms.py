"""The forms of passkeys, codes and single sign-on."""

from __future__ import annotations

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired, Length

from onmeet.accounts.passwords import MAX_LENGTH
from onmeet.web.forms import email_address, new_password, printable

__all__ = [
    "AppForm",
    "CodeForm",
    "LabelForm",
    "NewPasswordForm",
    "PasswordCheckForm",
    "SsoForm",
    "WelcomeForm",
]


class CodeForm(FlaskForm):  # type: ignore[misc]
    """A code of the app, or a recovery code. `next`: checked by the view."""

    code = StringField(lazy_gettext("Code"), [DataRequired(), Length(max=32)])
    next = HiddenField()


class AppForm(FlaskForm):  # type: ignore[misc]
    """Sets an app up. secret: what the page showed, signed, so that it comes back as it was."""

    code = StringField(lazy_gettext("Code that the app shows"), [DataRequired(), Length(max=16)])
    secret = HiddenField()


class PasswordCheckForm(FlaskForm):  # type: ignore[misc]
    """The password again."""

    password = PasswordField(lazy_gettext("Your password"), [DataRequired(), Length(max=MAX_LENGTH)])
    next = HiddenField()


class NewPasswordForm(FlaskForm):  # type: ignore[misc]
    """A password for an account that has none."""

    password = PasswordField(lazy_gettext("New password"), [new_password])


class LabelForm(FlaskForm):  # type: ignore[misc]
    """What a passkey is called."""

    label = StringField(lazy_gettext("Name of the passkey"), [Length(max=64), printable])


class SsoForm(FlaskForm):  # type: ignore[misc]
    """The address whose domain leads to the organisation's service."""

    email = EmailField(lazy_gettext("Your e-mail address there"), [email_address])
    next = HiddenField()


class WelcomeForm(FlaskForm):  # type: ignore[misc]
    """Joining an organisation's group; the age only where the notice names one."""

    old_enough = BooleanField(
        validators=[DataRequired(lazy_gettext("Please confirm your age: the service is not for children."))]
    )
