"""From the lobby to the end: a caller who waits, is let in, presses keys, and leaves. Pure: see `steps`.

In the lobby the caller hears at least a chime every 15 seconds, and every 30 what there is to wait for. In
the meeting `*6` mutes and unmutes, `*9` raises and lowers the hand, `*3` is the notice, `*0` help; the new
state is always spoken back. The microphone stays shut until a host has admitted the caller, the keys are
there, and the caller has been told so.
"""

from __future__ import annotations

import math
from typing import Literal

from sip.ivr.news import (
    Admitted,
    Alone,
    Company,
    Ended,
    Held,
    Keyed,
    Lost,
    MutedByHost,
    News,
    Removed,
    Room,
)
from sip.ivr.steps import DIGITS, Effect, Part, Parting, Pause, Prompt, SetHand, SetMuted, Told, notice
from sip.ivr.talk import Talk

__all__ = ["Stay", "spoken_code"]

_CHIME = 15.0
_LOBBY = 900.0
"""Seconds that somebody may wait to be let in."""

_ALONE = 900.0
_ALONE_CHIME = 30.0
_KEYS_SOON, _KEYS_LATER, _KEYS = 3.0, 12.0, 60.0
"""Seconds without keys after which a word is said, said again, and the call is given up."""

_COMMAND = 4.0
"""Seconds between the star and its digit."""

Place = Literal["lobby", "admitted", "meeting"]


def spoken_code(code: str) -> tuple[Prompt | Part, ...]:
    """The code digit by digit, in groups of three with a pause between."""
    parts: list[Prompt | Part] = []
    for position, digit in enumerate(code):
        if position:
            parts.append(Pause(0.7 if position % 3 == 0 else 0.15))
        parts.append(DIGITS[digit])
    return tuple(parts)


class Stay(Talk):
    """One caller after the PIN. code: the six digits that host and caller compare. told: see `Reception`."""

    def __init__(self, language: str, code: str, told: Told) -> None:
        super().__init__(language)
        if not (code.isascii() and code.isdigit()):
            raise ValueError("the code consists of digits")
        self.place: Place = "lobby"
        self.muted = True
        """Whether the microphone stays out of the meeting."""
        self.hand = False
        self._code = spoken_code(code)
        self._told = told
        self._room: Room | None = None
        self._keyed = False
        self._opening = False
        """Whether the microphone opens as soon as everything has been said."""
        self._own_mute = False
        """Whether the caller, or a host, muted it, which outlasts a time in the lobby."""
        self._alone = False
        self._star = -math.inf

    def begin(self, now: float, room: Room) -> tuple[Effect, ...]:
        """The room process has the leg; `room`: what is known of the meeting."""
        return self._turn(now, lambda: self._arrive(room))

    def news(self, news: News, now: float) -> tuple[Effect, ...]:
        """Something happened in the meeting."""
        return self._turn(now, lambda: self._on_news(news))

    # -- lobby -----------------------------------------------------------------------------------------------

    def _arrive(self, room: Room) -> None:
        if self._room is None:
            self._room = room
            if self.place == "lobby":
                self._wait_in_lobby()

    def _wait_in_lobby(self, *before: Prompt) -> None:
        self.place, self._limit = "lobby", self._now + _LOBBY
        self._explain(*before)

    def _explain(self, *before: Prompt) -> None:
        """What the caller waits for; with a host in the meeting, the code twice."""
        parts: tuple[Prompt | Part, ...] = (self._reason,)
        if self._reason is Prompt.LOBBY:
            again = (Pause(1.0), Prompt.AGAIN, Pause(0.3), *self._code)
            parts = (Prompt.LOBBY, Pause(0.3), Prompt.CODE, Pause(0.4), *self._code, *again)
        self._say(*before, *parts, then=self._pause)

    @property
    def _reason(self) -> Prompt:
        if self._room is None or not self._room.live:
            return Prompt.NOT_BEGUN
        return Prompt.LOBBY if self._room.host else Prompt.NO_HOST

    def _pause(self) -> None:
        self._wait(_CHIME, lambda: self._say(Prompt.CHIME, then=self._pause_again))

    def _pause_again(self) -> None:
        self._wait(_CHIME, self._remind)

    def _remind(self) -> None:
        if self._reason is Prompt.LOBBY:
            self._say(Prompt.WAITING, Pause(0.3), Prompt.CODE, Pause(0.4), *self._code, then=self._pause)
        else:
            self._say(self._reason, then=self._pause)

    # -- news ------------------------------------------------------------------------------------------------

    def _on_news(self, news: News) -> None:
        match news:
            case Room():
                self._on_room(news)
            case Admitted():
                self._on_admitted()
            case Keyed():
                self._keyed = True
                if self.place == "admitted":
                    self._join()
            case Held():
                self._on_held()
            case Removed():
                if self.place == "lobby":
                    self._go("rejected", Prompt.REJECTED)
                else:
                    self._go("removed", Prompt.REMOVED)
            case MutedByHost():
                self._on_muted()
            case Alone() | Company():
                self._on_company(isinstance(news, Alone))
            case Ended(reason):
                self._go(reason, _ENDINGS[reason])
            case Lost():
                self._go("lost", Prompt.LOST)

    def _on_room(self, room: Room) -> None:
        before, self._room = self._reason, room
        if self.place == "lobby" and self._reason is not before:
            self._explain()

    def _on_admitted(self) -> None:
        if self.place != "lobby":
            return
        self.place, self._limit = "admitted", self._now + _KEYS
        if self._keyed:
            self._join()
        else:
            self._wait(_KEYS_SOON, self._secure)

    def _secure(self) -> None:
        self._say(Prompt.SECURING, then=lambda: self._wait(_KEYS_LATER, self._secure))

    def _join(self) -> None:
        self.place, self._limit = "meeting", self._now + _ALONE if self._alone else math.inf
        self._opening = not self._own_mute
        told = Prompt.AUDIBLE if self._opening else Prompt.MUTED
        self._tell(Prompt.JOINED, told, *((Prompt.ALONE,) if self._alone else ()))

    def _on_held(self) -> None:
        self._keyed = False
        if self.place == "lobby":
            return
        self._shut()
        self._wait_in_lobby(Prompt.HELD)

    def _on_muted(self) -> None:
        if self.place == "meeting" and (not self.muted or self._opening):
            self._mute(True)
            self._tell(Prompt.MUTED_BY_HOST)

    def _on_company(self, alone: bool) -> None:
        changed, self._alone = alone != self._alone, alone
        if self.place != "meeting" or not changed:
            return
        self._limit = self._now + _ALONE if alone else math.inf
        if alone:
            self._tell(Prompt.ALONE)
        elif not self.speaking:
            self._rest()

    # -- meeting ---------------------------------------------------------------------------------------------

    def _tell(self, *parts: Prompt | Part) -> None:
        self._say(*parts, then=self._rest)

    def _rest(self) -> None:
        """Nothing is said any more: the caller hears the meeting, and is heard unless muted."""
        if self._opening:
            self._set_muted(False)
        if self._alone:
            self._wait(_ALONE_CHIME, lambda: self._tell(Prompt.CHIME))
        else:
            self._hush()

    def _mute(self, muted: bool) -> None:
        self._own_mute = muted
        self._set_muted(muted)

    def _set_muted(self, muted: bool) -> None:
        self._opening = False
        if muted != self.muted:
            self.muted = muted
            self._do(SetMuted(muted))

    def _shut(self) -> None:
        """Out of the meeting: no microphone, no hand."""
        self._set_muted(True)
        if self.hand:
            self.hand = False
            self._do(SetHand(False))

    def _go(self, reason: Parting, prompt: Prompt) -> None:
        self._shut()
        self._leave(reason, prompt)

    def _expired(self) -> None:
        if self.place == "admitted":
            self._go("no-keys", Prompt.TROUBLE)
        elif self.place == "meeting":
            self._go("alone", Prompt.ALONE)
        else:
            self._go("waited", Prompt.WAITED)

    # -- keys ------------------------------------------------------------------------------------------------

    def _on_key(self, digit: str) -> None:
        if self._room is None or self.place == "admitted":
            return
        if digit == "*":
            self._star = self._now
        elif self._now - self._star <= _COMMAND:
            self._star = -math.inf
            self._command(digit)

    def _command(self, digit: str) -> None:
        inside = self.place == "meeting"
        if digit == "6" and inside:
            self._mute(not self.muted or self._opening)
            self._tell(Prompt.MUTED if self.muted else Prompt.UNMUTED)
        elif digit == "9" and inside:
            self.hand = not self.hand
            self._do(SetHand(self.hand))
            self._tell(Prompt.HAND_UP if self.hand else Prompt.HAND_DOWN)
        elif digit in "69":
            self._answer(Prompt.NOT_YET)
        elif digit == "3":
            self._answer(*notice(self._told))
        elif digit == "0":
            code = (Pause(0.4), Prompt.CODE, Pause(0.4), *self._code)
            self._answer(Prompt.HELP if inside else Prompt.HELP_LOBBY, *code)
        else:
            self._answer(Prompt.UNKNOWN_KEY)

    def _answer(self, *parts: Prompt | Part) -> None:
        """Say something that changes nothing, in the lobby or in the meeting."""
        self._say(*parts, then=self._rest if self.place == "meeting" else self._pause)


_ENDINGS = {"ended": Prompt.ENDED, "limit": Prompt.LIMIT, "full": Prompt.FULL}
