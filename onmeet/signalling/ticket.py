"""The ticket: what the web process says about a browser that it lets through to the relay.

The Unix socket between the two has mode 0600, so the file system is the authority and nothing is signed.
Without reports a ticket holds no name, account or address: only what the relay must know to run the door.
With them it holds what the notice permits to record about the participant, and nothing else.
"""

from __future__ import annotations

import ipaddress
import json
import re
from dataclasses import asdict, dataclass
from typing import Any, Literal, cast

from onmeet.errors import ProtocolError
from onmeet.meetings.pins import STORED_DIGITS, well_formed
from onmeet.meetings.reports import REPORTABLE

__all__ = ["DEVICE_LENGTH", "TICKET_SECONDS", "Role", "Ticket"]

Role = Literal["host", "guest"]

TICKET_SECONDS = 10.0
"""How long a ticket is good for; it is used at once, on the same machine."""

_ROOM = re.compile(r"[a-z0-9-]{1,64}")
_BROWSER = re.compile(r"[!-~]{1,128}")

DEVICE_LENGTH = 255
"""Longest description of a device, characters."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """Leave to knock at one room.

    room: the meeting's code. browser: an opaque random id of the browser's session, by which a removed
    guest is kept out. limit: most participants in the meeting. expires: unix seconds. listed: whether the
    name may be told to those who look into the meeting before they join (N3.7).

    lobby: guests wait until a host lets them in. lobby_fixed: hosts cannot switch that off. signed_in: it is
    somebody with an account, which hosts see of those who wait.

    phone: people can dial in. pin: nine digits of a stored meeting, None of an ad-hoc one, which gets its PIN
    from the relay. pin_rotates: the stored meeting gets another PIN after each meeting.

    meter: the account for whose plan the meeting's time is added up, None where no plan limits that.

    reports: the categories that the relay may report about this participant, of `REPORTABLE`; each at most
    once. Only with them may there be an account (its id, where anything is recorded), an address
    (`meeting.ip`) and a device (`meeting.device`).
    """

    room: str
    role: Role
    browser: str
    limit: int
    expires: float
    account: int | None = None
    ip: str | None = None
    device: str | None = None
    reports: tuple[str, ...] = ()
    listed: bool = True
    lobby: bool = False
    lobby_fixed: bool = False
    signed_in: bool = False
    phone: bool = False
    pin: str | None = None
    pin_rotates: bool = False
    meter: int | None = None

    def to_json(self) -> bytes:
        """The ticket as it crosses the Unix socket."""
        return json.dumps(asdict(self), separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, data: bytes, *, now: float) -> Ticket:
        """Read and check a ticket; `now` is unix seconds. Raises ProtocolError `bad-ticket`."""
        try:
            fields = json.loads(data)
        except (ValueError, RecursionError):
            raise ProtocolError("bad-ticket", "not JSON") from None
        if not isinstance(fields, dict) or not _well_formed(fields):
            raise ProtocolError("bad-ticket", "a field is missing or ill-typed")
        known = {name: fields[name] for name in cls.__slots__}
        ticket = cls(**{**known, "reports": tuple(fields["reports"])})
        if ticket.expires < now:
            raise ProtocolError("bad-ticket", "expired")
        return ticket


def _well_formed(fields: dict[str, Any]) -> bool:
    room, browser = fields.get("room"), fields.get("browser")
    limit, expires = fields.get("limit"), fields.get("expires")
    return (
        isinstance(room, str)
        and _ROOM.fullmatch(room) is not None
        and fields.get("role") in ("host", "guest")
        and isinstance(browser, str)
        and _BROWSER.fullmatch(browser) is not None
        and type(limit) is int
        and 1 <= limit <= 1024
        and type(expires) in (int, float)
        and cast(float, expires) == expires  # not NaN
        and all(type(fields.get(name)) is bool for name in ("listed", "lobby", "lobby_fixed", "signed_in"))
        and (fields["lobby"] or not fields["lobby_fixed"])
        and type(fields.get("phone")) is bool
        and _pin_well_formed(fields)
        and "meter" in fields
        and (fields["meter"] is None or _is_account(fields["meter"]))
        and _reports_well_formed(fields)
    )


def _pin_well_formed(fields: dict[str, Any]) -> bool:
    pin = fields.get("pin", "")
    rotates = fields.get("pin_rotates")
    return type(rotates) is bool and (
        (pin is None and not rotates)
        or (isinstance(pin, str) and len(pin) == STORED_DIGITS and well_formed(pin))
    )


def _reports_well_formed(fields: dict[str, Any]) -> bool:
    try:
        reports, account, ip, device = (fields[name] for name in ("reports", "account", "ip", "device"))
    except KeyError:
        return False
    if not isinstance(reports, list) or len(reports) > len(REPORTABLE):
        return False
    if any(category not in REPORTABLE for category in reports) or len(set(reports)) < len(reports):
        return False
    return (
        (account is None or (bool(reports) and _is_account(account)))
        and (ip is None or ("meeting.ip" in reports and _is_address(ip)))
        and (device is None or ("meeting.device" in reports and _is_device(device)))
    )


def _is_account(value: object) -> bool:
    return type(value) is int and 1 <= value < 2**63


def _is_address(value: object) -> bool:
    if not isinstance(value, str) or len(value) > 45:  # the longest IPv6 address
        return False
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def _is_device(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= DEVICE_LENGTH and value.isprintable()
