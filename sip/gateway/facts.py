"""The allow-list between the telephone network and everything of ours: what may pass, in which form.

A call arrives with many details (PHONE.md lists them). Here they become three things: a label for the host's
screen, the categories that may be reported, and a record of exactly what the notice in force lets be stored.
Everything else ends with the `Call` object.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from onmeet.meetings.reporting import reported
from onmeet.notices.forms import truncate_ip, truncate_number
from onmeet.notices.policy import Policy
from onmeet.phone.numbers import masked
from sip.interface import Call
from sip.ivr.steps import Told

__all__ = ["Facts", "facts_of", "told_of"]

LONGEST = 255
"""Characters of a value that a network sends along; more is not somebody's name or domain."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What may be known about a call beyond the gateway.

    label: for the host's screen, "" when nothing may be shown. reports: categories, as in a ticket. record:
    field of `CallStarted` → value, only what may be stored.
    """

    label: str
    withheld: bool
    reports: tuple[str, ...] = ()
    record: dict[str, str] = field(default_factory=dict)


def facts_of(call: Call, policy: Policy, *, dialled_out: bool, own_number: str = "") -> Facts:
    """What the notice permits of a call. own_number: the number of ours that was dialled or that dials."""
    theirs = call.identity.number
    caller, callee = (own_number, theirs) if dialled_out else (theirs, own_number)
    reports = reported(policy)
    found = {
        "caller_number": _number(policy, "call.caller_number", caller),
        "callee_number": _number(policy, "call.callee_number", callee),
        "pbx_domain": _text(policy, "call.pbx_domain", call.domain),
        "licence_key": _text(policy, "call.licence_key", call.licence),
        "ip": _address(policy, call.source),
    }
    record = {name: value for name, value in found.items() if value}
    return Facts(masked(theirs) if theirs else "", call.identity.withheld, reports, record if reports else {})


def told_of(policy: Policy) -> Told:
    """What callers are told before their voice is used (N5.6)."""
    number = policy.stores("call.caller_number", "call.callee_number", "call.ip", "call.pbx_domain")
    return Told(
        kept="times" if policy.stores("call.times") else "number" if number else "nothing",
        recording=policy.stores("recording.file"),
        agree=any(consent.before == "telephone" for consent in policy.notice.consents),
    )


def _number(policy: Policy, category: str, number: str) -> str | None:
    match policy.storing(category):
        case "drop":
            return None
        case "truncated":
            return truncate_number(number)
        case _:  # a pseudonym is made where it is stored: only there is the key
            return number[:LONGEST]


def _text(policy: Policy, category: str, text: str) -> str | None:
    return None if policy.storing(category) == "drop" else text[:LONGEST]


def _address(policy: Policy, address: str) -> str | None:
    match policy.storing("call.ip"):
        case "drop":
            return None
        case "truncated":
            return truncate_ip(address)
        case _:
            return address
