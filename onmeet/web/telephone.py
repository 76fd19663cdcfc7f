"""The telephone on the pages: numbers and card for those who call in, calling out for hosts who may.

The PIN of a kept meeting stands in its owner's pages. Everybody else learns a PIN in the meeting, from the
relay: the room hands it to the card behind the # of its address, where this server does not see it.
"""

from __future__ import annotations

from flask import Blueprint, Response, flash, jsonify, redirect, request, url_for
from flask_babel import gettext
from flask_login import current_user, login_required
from werkzeug.wrappers import Response as AnyResponse

from onmeet.errors import UserError
from onmeet.meetings.service import MeetingGone, Role
from onmeet.phone import control
from onmeet.phone.numbers import country_name, international, shown, tel_link
from onmeet.phone.settings import DialIn, DialOut
from onmeet.web import entitled, entrance, proving
from onmeet.web.contexts import CardPage
from onmeet.web.health import from_this_machine
from onmeet.web.language import language
from onmeet.web.limits import limiter
from onmeet.web.seen import Number, Telephone
from onmeet.web.services import services

__all__ = ["blueprint", "of_room", "open_to_phone"]

blueprint = Blueprint("telephone", __name__)

_DIAL_SECONDS = 5.0
_PIN = "{pin}"
"""Where the page puts the PIN into a link."""
_SIP_PORT = 5060


def of_room(code: str, role: Role) -> Telephone | None:
    """What the meeting's page knows about telephones; None where nobody can call.

    Without a trunk only softphones on this machine reach the gateway, so only its own visitors read of it.
    """
    config, settings = services().config, services().phone
    if not config.sip:
        return None
    grant = entitled.of_meeting(code, role, entrance.account_id())
    if not grant.shows_numbers:
        return None
    softphone = _softphone() if not settings.trunks and from_this_machine() else ""
    if not settings.numbers and not softphone and settings.dial_out is None:
        return None
    may_call = role == "host" and settings.dial_out is not None and current_user.is_authenticated
    may_call = may_call and grant.limits.dial_out
    proven = may_call and proving.is_proven()
    return Telephone(
        operator=config.operator,
        numbers=tuple(_number(each) for each in settings.numbers),
        softphone=softphone,
        call=url_for("telephone.call", code=code) if proven else "",
        prove=url_for("details.show") if may_call and not proven else "",
        own_number=_own_number(settings.dial_out) if proven else "",
        card=url_for("telephone.card", code=code),
    )


def open_to_phone() -> str:
    """What everybody in a meeting is told while a telephone can hear it."""
    return str(
        gettext(
            "Sound is no longer end-to-end encrypted: the phone gateway of %(operator)s and the telephone"
            " network can hear everyone. Camera, screen and chat remain end-to-end encrypted.",
            operator=services().config.operator,
        )
    )


@blueprint.get("/m/<code:code>/card")
def card(code: str) -> Response:
    """A card to print: how to call in. Its PIN comes with the address, or to the owner from the database."""
    role = entrance.role_in(code)
    telephone = of_room(code, role)
    if telephone is None:
        raise UserError(gettext("Nobody can call in by telephone here."), 404)
    return CardPage(code=code, telephone=telephone, pin=_pin_of_owner(code)).render()


@blueprint.post("/m/<code:code>/call")
@limiter.limit("6 per minute; 60 per hour")
def call(code: str) -> Response:
    """Let the gateway call a number into the meeting. Answers `{"ok": true}` when it rings, or an error."""
    account, dial_out = _may_call(code)
    number = _permitted(request.form.get("number", ""), dial_out)
    try:
        control.dial(
            services().config.sip_socket,
            room=code,
            number=number,
            account=account,
            language=language(),
            timeout=_DIAL_SECONDS,
        )
    except control.DialRefused as refused:
        raise _refusal(refused.code) from None
    except control.GatewayUnreachable:
        raise UserError(
            gettext("The telephone gateway does not answer. Try again in a moment."), 503
        ) from None
    return jsonify(ok=True)


@blueprint.post("/meetings/<code:code>/pin")
@login_required  # type: ignore[untyped-decorator]
def new_pin(code: str) -> AnyResponse:
    """Give a kept meeting another PIN; the old one opens nothing any more."""
    services().meetings.new_pin(current_user.person.id, code)
    flash(gettext("The meeting has a new PIN. The old one opens nothing any more."))
    return redirect(url_for("meetings.edit", code=code), 303)


@blueprint.post("/meetings/<code:code>/pin/rotation")
@login_required  # type: ignore[untyped-decorator]
def rotation(code: str) -> AnyResponse:
    """Whether a kept meeting gets another PIN after each time that it took place."""
    rotates = request.form.get("rotates") == "yes"
    services().meetings.rotate_pins(current_user.person.id, code, rotates)
    flash(
        gettext("The PIN will change after each meeting.")
        if rotates
        else gettext("The PIN stays the same from now on.")
    )
    return redirect(url_for("meetings.edit", code=code), 303)


def _may_call(code: str) -> tuple[int, DialOut]:
    """The account and the limits. Raises `UserError`: who may not call learns nothing about the meeting."""
    account, dial_out = entrance.account_id(), services().phone.dial_out
    if account is None:
        raise entrance.Forbidden(gettext("Please sign in to call somebody."))
    if entrance.role_in(code) != "host":
        raise entrance.Forbidden(gettext("Only the host can call somebody into the meeting."))
    if not services().config.sip or dial_out is None:
        raise _refusal("off")
    grant = entitled.of_meeting(code, "host", account)
    if not (grant.policy.dial_out and services().groups.policy_of(account).dial_out):
        raise entrance.Forbidden(gettext("A group does not want calls to telephones from this meeting."))
    if not grant.limits.dial_out:
        raise entrance.Forbidden(gettext("The plan of this meeting does not include calls to telephones."))
    if not proving.is_proven():
        raise entrance.Forbidden(gettext("Please confirm your e-mail address first, in your account."))
    return account, dial_out


def _permitted(typed: str, dial_out: DialOut) -> str:
    """The number in international form. Raises `UserError` when it is none, or may not be called."""
    trunk = services().phone.trunk(dial_out.trunk)
    number = international(typed.strip(), trunk.country if trunk else "")
    if not number:
        raise UserError(gettext("Please give a telephone number, such as +49 30 1234567."), 422)
    if not dial_out.permits(number):
        raise _refusal("not-allowed")
    return number


def _refusal(code: control.DialError) -> UserError:
    texts = {
        "not-allowed": (422, gettext("Calls to this number are not permitted here.")),
        "limit": (429, gettext("Those were many calls in a short time. Try again later.")),
        "cost": (409, gettext("The money that the operator gave for calls this month is spent.")),
        "no-trunk": (503, gettext("The telephone network cannot be reached at the moment.")),
        "busy": (503, gettext("All lines are taken. Try again in a moment.")),
        "off": (409, gettext("Calling out is switched off here.")),
    }
    status, text = texts[code]
    return UserError(text, status)


def _own_number(dial_out: DialOut | None) -> str:
    """The number that this person has left in the account, where it may be called."""
    details = services().own.details(current_user.person.id)
    trunk = services().phone.trunk(dial_out.trunk) if dial_out else None
    number = international(details.phone or "", trunk.country if trunk else "")
    return shown(number) if number and dial_out and dial_out.permits(number) else ""


def _pin_of_owner(code: str) -> str:
    account = entrance.account_id()
    if account is None:
        return ""
    try:
        return services().meetings.pin(account, code)
    except MeetingGone:
        return ""


def _number(dial_in: DialIn) -> Number:
    return Number(
        shown=shown(dial_in.number),
        country=country_name(dial_in.country, language()),
        label=dial_in.label,
        plain=tel_link(dial_in.number),
        tel=tel_link(dial_in.number, _PIN),
    )


def _softphone() -> str:
    """Where a softphone on this machine dials in."""
    config = services().config
    host = "127.0.0.1" if config.sip_bind in ("0.0.0.0", "::") else config.sip_bind  # noqa: S104
    host = f"[{host}]" if ":" in host else host
    port = "" if config.sip_port == _SIP_PORT else f":{config.sip_port}"
    return f"sip:{_PIN}@{host}{port}"
