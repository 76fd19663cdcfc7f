"""What a live room holds in memory, item by item, for the people in it who ask (N3.7, N1.2).

Details only about the asking browser, about everybody else sums.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from onmeet.signalling.gateway import Call
from onmeet.signalling.gateway_messages import RECORDED
from onmeet.signalling.lobby import Waiting
from onmeet.signalling.participant import Browser, Participant

__all__ = ["held", "waited_for"]


def held(
    participants: Iterable[Participant],
    browser: str,
    quality: Mapping[int, int],
    keys: int,
    instance: str,
    reports: int,
    since: int,
    calls: Iterable[Call] = (),
    waiting: Iterable[Waiting] = (),
) -> dict[str, Any]:
    """The answer to the query `held` about a live room: PROTOCOL.md, *Queries*.

    quality: level by index. keys: messages in the key log. instance, reports: the room's name in reports, and
    how many of them still wait. since: unix seconds. calls: waiting and admitted; callers have no browser
    from which to ask, so there are only sums of them. waiting: in browsers.
    """
    guests = list(waiting)
    everybody = list(participants)
    mine = [each for each in everybody if isinstance(each, Browser) and each.browser == browser]
    others = [each for each in everybody if not isinstance(each, Browser) or each.browser != browser]
    items = [
        {"category": "meeting.link", "you": [], "others": 0, "meeting": 1},
        {"category": "meeting.times", "you": [], "others": 0, "meeting": 1},
        *(
            {
                "category": category,
                "you": [
                    *(value for p in mine for value in values(p, quality)),
                    *_of_guests(guests, category, browser),
                ],
                "others": sum(len(values(p, quality)) for p in others)
                + len(_of_guests(guests, category, browser, others=True)),
                "meeting": 0,
            }
            for category, values in _ITEMS
        ),
        *_devices(guests, browser),
        {"category": "chat.message", "you": [], "others": 0, "meeting": 0},
        *_about_calls(list(calls)),
    ]
    return {
        "live": True,
        "since": since,
        "instance": instance if mine else None,
        "present": len(everybody),
        "items": items,
        "key_messages": keys,
        "unacknowledged": sum(participant.channel.unacknowledged for participant in mine),
        "reports": reports,
    }


def waited_for(waiting: Iterable[Waiting], browser: str) -> dict[str, Any]:
    """The answer to the query `held` about a room that does not live, but in front of which people wait."""
    guests = list(waiting)
    items = [
        {
            "category": category,
            "you": _of_guests(guests, category, browser),
            "others": len(_of_guests(guests, category, browser, others=True)),
            "meeting": 0,
        }
        for category, _ in _ITEMS
    ]
    return {
        "live": False,
        "since": min(guest.since for guest in guests),
        "instance": None,
        "present": 0,
        "items": [*items, *_devices(guests, browser)],
        "key_messages": 0,
        "unacknowledged": sum(guest.channel.unacknowledged for guest in guests if guest.browser == browser),
        "reports": 0,
    }


def _of_guests(guests: list[Waiting], category: str, browser: str, *, others: bool = False) -> list[Any]:
    """What is held about those who wait in this browser, or in all others."""
    values = _OF_A_GUEST.get(category)
    if values is None:
        return []
    return [value for guest in guests if (guest.browser == browser) is not others for value in values(guest)]


def _devices(guests: list[Waiting], browser: str) -> list[dict[str, Any]]:
    """Tickets are kept as long as somebody waits, and with them what is to be reported about the device."""
    category = "meeting.device"
    you, others = (_of_guests(guests, category, browser, others=each) for each in (False, True))
    if not you and not others:
        return []
    return [{"category": category, "you": you, "others": len(others), "meeting": 0}]


def _about_calls(calls: list[Call]) -> list[dict[str, Any]]:
    """What is held about callers: labels (numbers, mostly), times of calling, what may be recorded."""
    if not calls:
        return []
    sums = {"call.caller_number": 0, "call.times": len(calls)}
    for call in calls:
        sums["call.caller_number"] += bool(call.message.label)
        for name in call.message.record or ():
            sums[RECORDED[name]] = sums.get(RECORDED[name], 0) + 1
    return [
        {"category": category, "you": [], "others": count, "meeting": 0}
        for category, count in sums.items()
        if count
    ]


_ITEMS: tuple[tuple[str, Callable[[Participant, Mapping[int, int]], list[Any]]], ...] = (
    ("meeting.participants", lambda p, _: [p.name]),
    ("meeting.joins", lambda p, _: [p.joined_at]),
    ("meeting.ip", lambda p, _: list(p.addresses)),
    ("meeting.quality", lambda p, levels: [levels[p.index]] if p.index in levels else []),
)

_OF_A_GUEST: dict[str, Callable[[Waiting], list[Any]]] = {
    "meeting.participants": lambda guest: [guest.arrived.join.name],
    "meeting.joins": lambda guest: [guest.since],
    "meeting.ip": lambda guest: [ip] if (ip := guest.arrived.ticket.ip) else [],
    "meeting.device": lambda guest: [device] if (device := guest.arrived.ticket.device) else [],
}
