"""20 ms for everybody: read the telephones, mix, write to them, seal what goes to the relay."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from onmeet.e2ee.frame_keys import FrameRefusal
from sip.room import mixer
from sip.room.callers import SILENCE, Caller, Frame

__all__ = ["exchange"]

Guarded = Callable[[Caller, Callable[[Caller], object]], None]
"""Runs an action for a caller; a bug in it ends that call and nothing else."""


def exchange(
    callers: Iterable[Caller],
    others: list[Frame],
    *,
    now: float,
    seal: Callable[[str, bytes], bytes],
    guarded: Guarded,
) -> list[bytes]:
    """One tick; returns the frames for the relay.

    others: what the browsers say. Whoever is muted or holds no key is neither encoded nor mixed to anybody;
    who holds none hears prompts alone.
    """
    callers = list(callers)
    voices: dict[str, Frame] = {}
    for each in callers:
        guarded(each, lambda caller: voices.__setitem__(caller.call, caller.read(now)))
    inside = [each for each in callers if each.inside]
    speaking = {each.call for each in inside if not each.muted} & voices.keys()
    mixed = mixer.mix(
        {each.call: voices[each.call] if each.call in speaking else SILENCE for each in inside}, others
    )
    sealed: list[bytes] = []
    for each in callers:
        if each.call in speaking:
            guarded(each, lambda caller: sealed.extend(_sealed(caller, voices[caller.call], seal)))
        else:
            each.skip()
        guarded(each, lambda caller: caller.write(mixed.get(caller.call)))
    return sealed


def _sealed(caller: Caller, voice: Frame, seal: Callable[[str, bytes], bytes]) -> list[bytes]:
    try:
        packet = caller.packet(voice, seal)
    except FrameRefusal:  # the key has gone since
        caller.skip()
        return []
    return [packet] if packet is not None else []
