"""What the machines of a call share: one thing said at a time, one wait, one end that always comes."""

from __future__ import annotations

import math
from collections.abc import Callable

from sip.ivr.steps import Cue, Effect, HangUp, Hush, Part, Parting, Pause, Prompt, Say

__all__ = ["LONGEST_SPEECH", "Talk"]

LONGEST_SPEECH = 90.0
"""Seconds after which something counts as said, even if the driver never says so."""

_BREATH = Pause(0.35)
"""Between two sentences; the prompts themselves begin and end at once."""

_KEYS = frozenset("0123456789*#ABCD")


def _nothing() -> None:
    """What follows a wait that has no end of its own."""


class Talk:
    """A pure machine: every call takes the time and returns effects; after its end it returns none.

    What comes next is kept as functions: `_then` after what is being said or waited for, `_on_key` for keys.
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self.speaking = False
        """Whether a `Say` is under way."""
        self.over = False
        """Whether the machine has come to its end (`HangUp` or `Through`)."""
        self._now = -math.inf
        self._effects: list[Effect] = []
        self._then: Callable[[], None] = _nothing
        self._due = math.inf
        self._limit = math.inf
        self._leaving = False

    @property
    def deadline(self) -> float:
        """When `tick` next has something to do; infinite when only an event can bring anything."""
        return math.inf if self.over else min(self._due, self._limit)

    def digit(self, digit: str, now: float) -> tuple[Effect, ...]:
        """The caller pressed a key: 0–9, *, #, A–D; anything else is ignored."""
        return self._turn(now, lambda: self._on_key(digit) if digit in _KEYS else None)

    def said(self, now: float) -> tuple[Effect, ...]:
        """The newest `Say` was played to its end."""
        if self._due <= now:  # it counts as said already
            return self.tick(now)
        return self._turn(now, lambda: self._next() if self.speaking else None, leaving=True)

    def tick(self, now: float) -> tuple[Effect, ...]:
        """Time has passed; call it at `deadline`, or often."""
        return self._turn(now, _nothing)

    # -- for the machines ------------------------------------------------------------------------------------

    def _turn(self, now: float, action: Callable[[], None], leaving: bool = False) -> tuple[Effect, ...]:
        """Do what is due, then the action; a clock that goes backwards stands still.

        leaving: the action also counts while the last words are being said.
        """
        self._now = max(self._now, now)
        if self._limit <= self._now and not self._leaving:
            self._expired()
        elif self._due <= self._now and not self.over:
            self._next()
        if not self.over and (leaving or not self._leaving):
            action()
        effects, self._effects = tuple(self._effects), []
        return effects

    def _next(self) -> None:
        then, self._then = self._then, _nothing
        self.speaking, self._due = False, math.inf
        then()

    def _say(self, *parts: Prompt | Part, then: Callable[[], None]) -> None:
        """Say this, in the language of the caller unless it is a `Cue`, with breaths; then go on there."""
        whole: list[Part] = []
        for part in parts:
            cue = Cue(self.language, part) if isinstance(part, Prompt) else part
            if whole and isinstance(cue, Cue) and isinstance(whole[-1], Cue):
                whole.append(_BREATH)
            whole.append(cue)
        self._effects.append(Say(tuple(whole)))
        self.speaking, self._then, self._due = True, then, self._now + LONGEST_SPEECH

    def _wait(self, seconds: float, then: Callable[[], None]) -> None:
        """Go on there after so many seconds, unless something else comes first; stops what is being said."""
        self._hush()
        self._then, self._due = then, self._now + seconds

    def _hush(self) -> None:
        if self.speaking:
            self._effects.append(Hush())
        self.speaking, self._then, self._due = False, _nothing, math.inf

    def _do(self, effect: Effect) -> None:
        self._effects.append(effect)

    def _leave(self, reason: Parting, *prompts: Prompt) -> None:
        """Say so and goodbye, then hang up. Nothing stops this any more."""
        self._leaving, self._limit = True, math.inf
        self._say(*prompts, Pause(0.3), Prompt.GOODBYE, then=lambda: self._end(HangUp(reason)))

    def _end(self, effect: Effect) -> None:
        self._hush()
        self._do(effect)
        self.over = True

    def _on_key(self, digit: str) -> None:
        raise NotImplementedError

    def _expired(self) -> None:
        """The time that the whole may take is over; must lead to `_leave`."""
        raise NotImplementedError
