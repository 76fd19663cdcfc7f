"""What pages show of holdings and of telephones, as plain values in words."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CookieSeen", "LiveItem", "Number", "ReceiptText", "StoreText", "Telephone"]


@dataclass(frozen=True, slots=True)
class LiveItem:
    """One line of the page: `count` and `next_goes` are words. `kind`: memory, stored or counted."""

    category: str
    name: str
    count: str
    empty: bool
    until: str
    next_goes: str
    kind: str


@dataclass(frozen=True, slots=True)
class CookieSeen:
    """A cookie that came with this request, and what stands in it."""

    name: str
    content: str


@dataclass(frozen=True, slots=True)
class StoreText:
    """A store that was looked at after a meeting, with what was found, and how many values went."""

    store: str
    result: str
    counts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ReceiptText:
    """A receipt. kept: what stays and until when. file: the receipt as people keep and check it."""

    id: str
    at: str
    notice: str
    stores: tuple[StoreText, ...]
    kept: tuple[tuple[str, str], ...]
    file: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number to dial in. plain, tel: links that dial it alone, and with `{pin}`."""

    shown: str
    country: str
    label: str
    plain: str
    tel: str


@dataclass(frozen=True, slots=True)
class Telephone:
    """How a meeting can be reached by telephone. `{pin}` in links stands for a PIN that comes later.

    softphone: a SIP address, for those at this very machine. call: where the host asks for a call, empty for
    others. prove: where the host proves the e-mail address first. own_number: what the account says.
    """

    operator: str
    numbers: tuple[Number, ...]
    softphone: str
    call: str
    prove: str
    own_number: str
    card: str
