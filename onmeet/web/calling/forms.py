"""The forms of the page about calls, and what a caller says."""

from __future__ import annotations

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from onmeet.accounts.handles import LONGEST_WORD
from onmeet.web.forms import printable

__all__ = ["CallForm", "CodeForm", "HandleForm", "ReachForm"]


class HandleForm(FlaskForm):  # type: ignore[misc]
    """The word of a personal page's address."""

    word = StringField(lazy_gettext("A word for the address"), [Length(max=LONGEST_WORD), printable])


class ReachForm(FlaskForm):  # type: ignore[misc]
    """Who may call (N1.10)."""

    reach = RadioField(
        lazy_gettext("Who may call me"),
        choices=[
            SelectChoice("anyone", lazy_gettext("Anyone who knows my address")),
            SelectChoice("codes", lazy_gettext("Only people to whom I gave a code or a link with one")),
            SelectChoice("nobody", lazy_gettext("Nobody")),
        ],
    )


class CodeForm(FlaskForm):  # type: ignore[misc]
    """A new code. days: 0 for ever."""

    label = StringField(lazy_gettext("For whom"), [Length(max=64), printable])
    days = SelectField(
        lazy_gettext("Good for"),
        coerce=int,
        choices=[
            SelectChoice(7, lazy_gettext("one week")),
            SelectChoice(30, lazy_gettext("30 days")),
            SelectChoice(365, lazy_gettext("one year")),
            SelectChoice(0, lazy_gettext("until I end it")),
        ],
    )


class CallForm(FlaskForm):  # type: ignore[misc]
    """A call: the name that is shown, and the code."""

    name = StringField(lazy_gettext("Your name"), [Length(max=64), printable])
    code = StringField(validators=[Length(max=64)])
