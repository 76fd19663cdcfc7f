"""The forms of the operator's pages."""

from __future__ import annotations

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, TextAreaField
from wtforms.validators import DataRequired, Length

from onmeet.web.forms import email_address

__all__ = ["AnswerForm", "ExtendForm", "FindForm"]


class FindForm(FlaskForm):  # type: ignore[misc]
    """Whose account; sent in the body, so that the address is in no log of addresses."""

    email = EmailField(lazy_gettext("E-mail"), [email_address])


class AnswerForm(FlaskForm):  # type: ignore[misc]
    """The answer to a request, mailed to whoever sent it."""

    text = TextAreaField(
        lazy_gettext("Answer"), [DataRequired(lazy_gettext("An answer says something.")), Length(max=8000)]
    )
    refused = BooleanField(lazy_gettext("The request is refused; the answer says why"))


class ExtendForm(FlaskForm):  # type: ignore[misc]
    """Why the answer takes two more months."""

    reason = TextAreaField(
        lazy_gettext("Reason"),
        [DataRequired(lazy_gettext("Please give the reason: the person reads it.")), Length(max=2000)],
    )
