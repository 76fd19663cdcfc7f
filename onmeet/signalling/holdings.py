"""What a live room holds in memory, item by item, for the people in it who ask (N3.7, N1.2).

Details only about the asking browser, about everybody else sums.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from onmeet.signalling.participant import Participant

__all__ = ["held"]


def held(
    participants: Iterable[Participant],
    browser: str,
    quality: Mapping[int, int],
    keys: int,
    instance: str,
    reports: int,
    since: int,
) -> dict[str, Any]:
    """The answer to the query `held` about a live room: PROTOCOL.md, *Queries*.

    quality: level by index. keys: messages in the key log. instance, reports: the room's name in reports, and
    how many of them still wait. since: unix seconds.
    """
    everybody = list(participants)
    mine = [participant for participant in everybody if participant.browser == browser]
    others = [participant for participant in everybody if participant.browser != browser]
    items = [
        {"category": "meeting.link", "you": [], "others": 0, "meeting": 1},
        {"category": "meeting.times", "you": [], "others": 0, "meeting": 1},
        *(
            {
                "category": category,
                "you": [value for p in mine for value in values(p, quality)],
                "others": sum(len(values(p, quality)) for p in others),
                "meeting": 0,
            }
            for category, values in _ITEMS
        ),
        {"category": "chat.message", "you": [], "others": 0, "meeting": 0},
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


def _addresses(participant: Participant) -> list[str]:
    both = (*participant.publisher.addresses, *participant.subscriber.addresses)
    return list(dict.fromkeys(both))


_ITEMS: tuple[tuple[str, Callable[[Participant, Mapping[int, int]], list[Any]]], ...] = (
    ("meeting.participants", lambda p, _: [p.name]),
    ("meeting.joins", lambda p, _: [p.joined_at]),
    ("meeting.ip", lambda p, _: _addresses(p)),
    ("meeting.quality", lambda p, levels: [levels[p.index]] if p.index in levels else []),
)
