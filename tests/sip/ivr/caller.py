"""Somebody on the telephone: presses keys, listens, waits. Time is virtual; what happens is written down."""

from __future__ import annotations

import math
from collections.abc import Iterable

from sip.ivr.news import News
from sip.ivr.reception import Reception
from sip.ivr.stay import Stay
from sip.ivr.steps import (
    CheckPin,
    Cue,
    Effect,
    HangUp,
    Hush,
    Prompt,
    Say,
    SetHand,
    SetMuted,
    Through,
)
from sip.ivr.texts import text

LETTERS_A_SECOND = 14


def length(say: Say) -> float:
    """How long a `Say` takes, about."""
    return sum(
        max(len(text(part.prompt, part.language)) / LETTERS_A_SECOND, 0.5)
        if isinstance(part, Cue)
        else part.seconds
        for part in say.parts
    )


class Caller:
    """Drives one machine as the gateway does. meetings: the PINs that are known."""

    def __init__(
        self, machine: Reception | Stay, meetings: Iterable[str] = (), *, answers: bool = True
    ) -> None:
        self.machine = machine
        self.now = 1000.0
        self.heard: list[str] = []
        """What happened, one line each: `de greeting`, `check 123456`, `hang up: pin`."""
        self.effects: list[Effect] = []
        self.said_at: list[float] = []
        """When something was said."""
        self._meetings = set(meetings)
        self._answers, self._mumbles = answers, False
        self._end: float | None = None

    # -- what callers do -------------------------------------------------------------------------------------

    def press(self, keys: str, every: float = 0.4) -> None:
        """Key by key."""
        for key in keys:
            self.wait(every)
            self.perform(self.machine.digit(key, self.now))

    def listen(self) -> None:
        """Until what is being said is over."""
        while self._end is not None and not self.machine.over:
            self.wait_until(self._end)

    def wait(self, seconds: float) -> None:
        """So much time passes."""
        self.wait_until(self.now + seconds)

    def wait_until(self, until: float) -> None:
        """Ticks come as late as they may, `said` when it is due."""
        while not self.machine.over:
            moment = min(math.inf if self._end is None else self._end, self.machine.deadline)
            if moment > until:
                break
            self.now = max(self.now, moment)
            if self._end is not None and self._end <= self.now:
                self._end = None
                self.perform(self.machine.said(self.now))
            else:
                self.perform(self.machine.tick(self.now))
        self.now = max(self.now, until)

    def wait_for_the_end(self, at_most: float) -> None:
        """Does nothing more; the machine has to end by itself."""
        start = self.now
        while not self.machine.over:
            assert self.now - start <= at_most, f"no end after {at_most} s: {self.heard[-6:]}"
            self.wait(1.0)

    def news(self, *news: News) -> None:
        """Something happens in the meeting."""
        assert isinstance(self.machine, Stay)
        for each in news:
            self.perform(self.machine.news(each, self.now))

    def stop_saying(self) -> None:
        """From now on the machine is never told that something was played to its end."""
        self._mumbles, self._end = True, None

    # -- what the gateway does -------------------------------------------------------------------------------

    def perform(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            self.effects.append(effect)
            match effect:
                case Say():
                    self._end = None if self._mumbles else self.now + length(effect)
                    self.said_at.append(self.now)
                    self.heard += [
                        f"{part.language} {part.prompt}" for part in effect.parts if isinstance(part, Cue)
                    ]
                case Hush():
                    self._end = None
                case CheckPin(pin):
                    self.heard.append(f"check {pin}")
                    if self._answers:
                        assert isinstance(self.machine, Reception)
                        self.perform(self.machine.pin_answer(pin in self._meetings, self.now))
                case SetMuted(muted):
                    self.heard.append("muted" if muted else "open")
                case SetHand(raised):
                    self.heard.append("hand up" if raised else "hand down")
                case Through(language):
                    self.heard.append(f"through: {language}")
                case HangUp(reason):
                    self.heard.append(f"hang up: {reason}")

    def take(self) -> list[str]:
        """What was heard since the last time."""
        heard, self.heard = self.heard, []
        return heard


def spoken(language: str, *prompts: Prompt) -> list[str]:
    """The same as written down by `Caller`."""
    return [f"{language} {prompt}" for prompt in prompts]
