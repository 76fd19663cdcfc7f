"""How Ada's things are called in addresses: one recipe for each rule that takes an argument.

A new rule belongs into `RECIPES`: what Ada's object is called, and what an object is called that does not
exist. If an address names nobody's object (`WORDS`) or is meant for everybody who knows it (`PUBLIC`), it
stands there, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from onmeet.mail.newsletters import leaving_token
from tests.security.town import NEW_PASSWORD, Town

__all__ = ["PUBLIC", "RECIPES", "WORDS", "Recipe", "Values"]

Values = dict[str, str]

NUMBER = "1999999999"
CODE = "zzz-zzzz-zzz"
TOKEN = "0" * 40


@dataclass(frozen=True)
class Recipe:
    """hers: the arguments that name Ada's objects. unknown: those of an object that does not exist.

    fields: what a form sends. who: whose it is and who may do it, and `theirs`: with which arguments, if not
    `hers` (Ada's secret instead of a forged one); that answer must be another one, or the rest of the test
    would prove nothing. besides: others for whom it is meant as well.
    """

    hers: Callable[[Town], Values | list[Values]]
    unknown: Values
    fields: Values = field(default_factory=dict)
    who: str = "ada"
    theirs: Callable[[Town], Values] | None = None
    besides: frozenset[str] = frozenset()


def _number(name: str, *, fields: Values | None = None, who: str = "ada") -> Recipe:
    """An object that a number names; `name`: the property of `Town`."""
    return Recipe(
        lambda town: {"number": getattr(town, name)}, {"number": NUMBER}, dict(fields or {}), who=who
    )


def _member(role: str = "") -> Recipe:
    extra = {"role": role} if role else {}
    return Recipe(
        lambda town: [{"number": town.member_number(each), **extra} for each in ("bo", "grace", "ada")],
        {"number": NUMBER, **extra},
    )


def _meeting(fields: Values | None = None, **more: str) -> Recipe:
    return Recipe(lambda town: {"code": town.code, **more}, {"code": CODE, **more}, dict(fields or {}))


def _link(purpose: str, of: str, other: str, fields: Values | None = None, *, who: str = "nobody") -> Recipe:
    """A mailed link: made for somebody else's state, or for another purpose, it opens nothing."""
    return Recipe(
        lambda town: [
            {"token": town.link(purpose, of, state_of="mallory")},
            {"token": town.link(other, of)},
            {"token": town.link(purpose, of)[:-1] + "g"},
        ],
        {"token": TOKEN},
        dict(fields or {}),
        who=who,
        theirs=lambda town: {"token": town.link(purpose, of)},
    )


def _asked(state: str, wrong: str) -> Recipe:
    """The link of a request about one's data. wrong: the state in which this page is not for it."""
    return Recipe(
        lambda town: (
            [{"token": town.request_token(state) + "x"}, {"token": town.request_token(wrong)}]
            if wrong
            else {"token": town.request_token(state) + "x"}
        ),
        {"token": TOKEN},
        who="nobody",
        theirs=lambda town: {"token": town.request_token(state)},
    )


_TITLE = {"title": "Planted"}
_ADDRESS = _link("address-change-new", "ada", "password-reset")
_ON_DAY = _meeting(day="2030-01-14")
_OPERATOR = "root"

RECIPES: dict[str, Recipe] = {
    # -- the account
    "/account/calls/blocks/<int:number>/lift": _number("block"),
    "/account/calls/codes/<int:number>/revoke": _number("contact_code_number"),
    "/account/email/proof/<token>": _link("email-proof", "ada", "confirm-address", who="ada"),
    "/account/items/<table>/<key>/delete": Recipe(
        lambda town: town.items(),
        {"table": "meetings", "key": NUMBER},
        theirs=lambda town: town.item("meetings"),
    ),
    "/account/requests/<int:number>": _number("request", fields={"answer": "planted"}),
    "/account/security/passkeys/<int:number>/name": _number("passkey_number", fields={"label": "planted"}),
    "/account/security/passkeys/<int:number>/remove": _number("passkey_number"),
    "/account/sign-ins/<name>/end": Recipe(lambda town: {"name": town.sign_in}, {"name": "0" * 16}),
    # -- mailed links
    "/address/<token>": _ADDRESS,
    "/address/<token>/stop": _ADDRESS,
    "/confirm/<token>": _link("confirm-address", "pia", "password-reset", {"password": NEW_PASSWORD}),
    "/newsletter/leave/<token>": Recipe(
        lambda town: [
            {"token": leaving_token(town.house.config.marks_key, town.ada, town.subject("mallory"))},
            {"token": town.leaving("mallory").replace(str(town.id_of("mallory")), str(town.ada), 1)},
        ],
        {"token": f"{NUMBER[:9]}-{TOKEN[:32]}"},
        who="nobody",
        theirs=lambda town: {"token": town.leaving("ada")},
    ),
    "/reset/<token>": _link("password-reset", "ada", "address-change-old", {"password": NEW_PASSWORD}),
    "/privacy/requests/confirm/<token>": _asked("unverified", ""),
    "/privacy/requests/state/<token>": _asked("open", "unverified"),
    # -- the operator's pages: an account must have been looked up by the same operator
    "/admin/accounts/<int:number>": _number("ada_number", who=_OPERATOR),
    "/admin/accounts/<int:number>/close": _number("ada_number", who=_OPERATOR),
    "/admin/accounts/<int:number>/reopen": _number("ada_number", who=_OPERATOR),
    "/admin/accounts/<int:number>/sign-out": _number("ada_number", who=_OPERATOR),
    **{
        f"/admin/requests/<int:number>{what}": Recipe(
            lambda town: {"number": town.request},
            {"number": NUMBER},
            {"answer-text": "planted", "extend-reason": "planted"},
            who=_OPERATOR,
            besides=frozenset({"other_operator"}),
        )
        for what in ("", "/answer", "/extend")
    },
    # -- groups
    "/group/domains/<int:number>/check": _number("domain"),
    "/group/domains/<int:number>/remove": _number("domain"),
    "/group/invitations/<int:number>/revoke": _number("invitation"),
    "/group/members/<int:number>/<any(admin,member):role>": _member("admin"),
    "/group/members/<int:number>/owner": _member(),
    "/group/members/<int:number>/release": _member(),
    "/group/members/<int:number>/remove": _member(),
    "/group/offers/<int:number>": _number("domain", who="sam"),
    "/join/<token>": Recipe(
        lambda town: [{"token": town.group_token + "x"}, {"token": town.group_token[:-1]}],
        {"token": TOKEN},
        who="sam",
        theirs=lambda town: {"token": town.group_token},
    ),
    # -- meetings that somebody keeps
    "/meetings/<code:code>": _meeting(),
    "/meetings/<code:code>/cancel": _meeting(),
    "/meetings/<code:code>/change": _meeting(_TITLE),
    "/meetings/<code:code>/dates/<day>/off": _ON_DAY,
    "/meetings/<code:code>/dates/<day>/on": _meeting(day="2030-01-21"),
    "/meetings/<code:code>/delete": _meeting(),
    "/meetings/<code:code>/host/<token>": Recipe(
        lambda town: [
            {"code": town.code, "token": town.mallory_host_token},
            {"code": town.mallory_code, "token": town.host_token},
        ],
        {"code": CODE, "token": TOKEN},
        who="grace",
        theirs=lambda town: {"code": town.code, "token": town.host_token},
    ),
    "/meetings/<code:code>/hosts/<int:number>/remove": Recipe(
        lambda town: {"code": town.code, "number": town.co_host}, {"code": CODE, "number": NUMBER}
    ),
    "/meetings/<code:code>/hosts/close": _meeting(),
    "/meetings/<code:code>/hosts/leave": Recipe(lambda town: {"code": town.code}, {"code": CODE}, who="bo"),
    "/meetings/<code:code>/hosts/link": _meeting(),
    "/meetings/<code:code>/invitation": _meeting(),
    "/meetings/<code:code>/pin": _meeting(),
    "/meetings/<code:code>/pin/rotation": _meeting({"rotates": "yes"}),
    "/m/<code:code>/call": _meeting({"number": "+49301234567"}),
    # -- calling people: Ada wants one of her codes
    "/u/<handle>": Recipe(
        lambda town: {"handle": town.handle}, {"handle": "nobody-0000"}, theirs=lambda town: town.reachable()
    ),
    "/u/<handle>/<code>": Recipe(
        lambda town: {"handle": town.handle, "code": town.mallory_contact_code},
        {"handle": "nobody-0000", "code": "nobody"},
        who="guest",
        theirs=lambda town: {"handle": town.handle, "code": town.contact_code},
    ),
    "/u/<handle>/<code>/picture": Recipe(
        lambda town: {"handle": town.handle, "code": town.mallory_contact_code},
        {"handle": "nobody-0000", "code": "nobody"},
        who="guest",
        theirs=lambda town: {"handle": town.handle, "code": town.contact_code},
    ),
    "/u/<handle>/call": Recipe(
        lambda town: {"handle": town.handle},
        {"handle": "nobody-0000"},
        {"name": "A guest"},
        theirs=lambda town: town.reachable(),
    ),
    "/ringing/<call>/block": Recipe(lambda town: {"call": town.ring()}, {"call": "nothing-rings"}),
    "/ringing/<call>/picture": Recipe(lambda town: {"call": town.ring()}, {"call": "nothing-rings"}),
}

WORDS = {
    "/account/consents/<name>/<any(give,withdraw):action>": "a kind of consent, of whoever is signed in",
    "/account/objection/<any(on,off):state>": "on or off, for whoever is signed in",
    "/account/restriction/<any(on,off):state>": "on or off, for whoever is signed in",
    "/account/values/<column>/delete": "a field of one's own account",
    "/<any(account,group):whose>/payment/checkout": "one's own account, or the group that one runs",
    "/<any(account,group):whose>/payment/portal": "one's own account, or the group that one runs",
    "/<any(account,group):whose>/payment/trial": "one's own account, or the group that one runs",
}
"""Rules whose arguments name nobody's object. What is done there must leave everything of Ada's as it is."""

PUBLIC = {
    "/m/<code:code>": "a meeting's code is the invitation; what it does not open is sealed by the link's key",
    "/m/<code:code>/card": "numbers to call in, for whoever has the code; the PIN is for its owner alone",
    "/m/<code:code>/held": "the relay tells it only to browsers that are in the meeting",
    "/m/<code:code>/left": "says goodbye; knows nothing of the meeting",
    "/m/<code:code>/present": "only where the notice shows who is there to those with the link",
    "/m/<code:code>/socket": "a WebSocket, for browsers with a ticket: tests/web/test_socket.py",
    "/u/<handle>/call/<call>": "a WebSocket named by a secret of the caller's: web/calling/test_sockets.py",
    "/privacy/receipts/<receipt_id>": "receipts are public and about nobody; their names cannot be guessed",
    "/privacy/receipts/<receipt_id>/file": "receipts are public and about nobody; see above",
    "/privacy/versions/<name>/<version>": "every version of the privacy notice is for everybody",
    "/privacy/versions/<name>/<version>/file": "every version of the privacy notice is for everybody",
}
"""Rules that are meant for whoever knows the address. They must not say a word that only Ada knows."""
