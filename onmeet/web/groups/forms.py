"""The forms of groups."""

from __future__ import annotations

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, NumberRange, Optional

from onmeet.groups.invitations import MOST_DAYS, MOST_USES
from onmeet.groups.policy import MOST_DAYS as LONGEST
from onmeet.web.forms import printable
from onmeet.web.groups.words import ROLES

__all__ = ["DomainForm", "InvitationForm", "NameForm", "PolicyForm", "SignInServiceForm"]


class NameForm(FlaskForm):  # type: ignore[misc]
    """What the group is called."""

    name = StringField(
        lazy_gettext("Name of the group"),
        [DataRequired(lazy_gettext("Please give the group a name.")), Length(max=80), printable],
    )


class InvitationForm(FlaskForm):  # type: ignore[misc]
    """A link into the group. `role` offers an admin's place to the owner alone."""

    role = SelectField(
        lazy_gettext("As"), choices=[SelectChoice(role, ROLES[role]) for role in ("member", "admin")]
    )
    uses = IntegerField(lazy_gettext("For how many people"), [NumberRange(1, MOST_USES)], default=1)
    days = IntegerField(lazy_gettext("Days until it ends"), [NumberRange(1, MOST_DAYS)], default=7)


class DomainForm(FlaskForm):  # type: ignore[misc]
    """A mail domain."""

    domain = StringField(lazy_gettext("Domain"), [DataRequired(), Length(max=253), printable])


class PolicyForm(FlaskForm):  # type: ignore[misc]
    """What is to be less than the notice permits; `withheld` are boxes that the view reads by itself."""

    days = IntegerField(
        lazy_gettext("Days for which records of meetings are kept"), [Optional(), NumberRange(1, LONGEST)]
    )
    no_telephone = BooleanField(lazy_gettext("Nobody comes into members’ meetings by telephone."))
    no_dial_out = BooleanField(lazy_gettext("Members cannot call telephones from a meeting."))
    lobby = BooleanField(lazy_gettext("Guests of members’ meetings wait until a host lets them in."))


class SignInServiceForm(FlaskForm):  # type: ignore[misc]
    """An OpenID Connect provider. An empty secret leaves the one that is there."""

    issuer = StringField(lazy_gettext("Address of the service (issuer)"), [Length(max=300), printable])
    client = StringField(lazy_gettext("Client ID"), [Length(max=200), printable])
    secret = PasswordField(lazy_gettext("Client secret"), [Length(max=500), printable])
    required = BooleanField(lazy_gettext("Members sign in there and nowhere else"))
