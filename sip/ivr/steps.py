"""What the machines of a call ask of whoever drives them, and the names of everything that can be said.

A driver calls `digit`, `said`, `tick` and the rest with the time (monotonic seconds), performs the effects
that come back in their order, and calls `said` once the newest `Say` has been played to its end. A new `Say`
replaces one that is still playing; what may interrupt what is decided by the machine alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

__all__ = [
    "DIGITS",
    "LANGUAGES",
    "CheckPin",
    "Cue",
    "Effect",
    "HangUp",
    "Hush",
    "Kept",
    "Part",
    "Parting",
    "Pause",
    "Prompt",
    "Say",
    "SetHand",
    "SetMuted",
    "Through",
    "Told",
    "notice",
]  # fmt: skip

LANGUAGES = ("de", "en", "fr")
"""The languages in which there are prompts."""


class Prompt(StrEnum):
    """Everything that can be said; the value is the name of the file. `chime` is made, not read."""

    CHOOSE_1 = "choose-1"
    CHOOSE_2 = "choose-2"
    CHOOSE_3 = "choose-3"
    GREETING = "greeting"
    CALLED = "called"
    NOTICE_VOICE = "notice-voice"
    NOTICE_NO_RECORDING = "notice-no-recording"
    NOTICE_RECORDING = "notice-recording"
    NOTICE_NOTHING = "notice-nothing"
    NOTICE_NUMBER = "notice-number"
    NOTICE_TIMES = "notice-times"
    AGREE = "agree"
    PIN = "pin"
    PIN_SHORT = "pin-short"
    PIN_WRONG = "pin-wrong"
    PIN_CLEARED = "pin-cleared"
    NOTHING_HEARD = "nothing-heard"
    MOMENT = "moment"
    CONNECTING = "connecting"
    TOO_MANY = "too-many"
    TROUBLE = "trouble"
    BUSY = "busy"
    GOODBYE = "goodbye"
    NOT_BEGUN = "not-begun"
    NO_HOST = "no-host"
    LOBBY = "lobby"
    WAITING = "waiting"
    CODE = "code"
    AGAIN = "again"
    WAITED = "waited"
    SECURING = "securing"
    JOINED = "joined"
    AUDIBLE = "audible"
    MUTED = "muted"
    UNMUTED = "unmuted"
    MUTED_BY_HOST = "muted-by-host"
    HAND_UP = "hand-up"
    HAND_DOWN = "hand-down"
    HELP = "help"
    HELP_LOBBY = "help-lobby"
    UNKNOWN_KEY = "unknown-key"
    NOT_YET = "not-yet"
    ALONE = "alone"
    HELD = "held"
    REJECTED = "rejected"
    REMOVED = "removed"
    ENDED = "ended"
    LIMIT = "limit"
    FULL = "full"
    LOST = "lost"
    DIGIT_0 = "0"
    DIGIT_1 = "1"
    DIGIT_2 = "2"
    DIGIT_3 = "3"
    DIGIT_4 = "4"
    DIGIT_5 = "5"
    DIGIT_6 = "6"
    DIGIT_7 = "7"
    DIGIT_8 = "8"
    DIGIT_9 = "9"
    CHIME = "chime"


DIGITS = {digit: Prompt(digit) for digit in "0123456789"}
"""How a digit is spoken."""


# -- what is said --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cue:
    """One prompt in one language."""

    language: str
    prompt: Prompt


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence between two prompts, in seconds."""

    seconds: float


Part = Cue | Pause


# -- effects -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Say:
    """Play these parts without a gap, in place of anything that still plays; then call `said`."""

    parts: tuple[Part, ...]

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """The prompts in their order, without pauses."""
        return tuple(part.prompt for part in self.parts if isinstance(part, Cue))


@dataclass(frozen=True, slots=True)
class Hush:
    """Stop what is playing: the caller has pressed a key, or goes on elsewhere. No `said` follows."""


@dataclass(frozen=True, slots=True)
class CheckPin:
    """Look for the meeting of this PIN, then call `pin_answer`. The PIN is in no representation."""

    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Through:
    """The caller has heard the notice, agreed where needed, and has a meeting: hand the leg over."""

    language: str


@dataclass(frozen=True, slots=True)
class SetMuted:
    """Whether the caller's microphone stays out of the meeting. It does until a first SetMuted(False)."""

    muted: bool


@dataclass(frozen=True, slots=True)
class SetHand:
    """The caller's hand is up or down."""

    raised: bool


Parting = Literal[
    "silence", "pin", "no-consent", "declined", "blocked", "busy", "trouble", "too-long",
    "waited", "rejected", "removed", "ended", "limit", "full", "lost", "no-keys", "alone",
]  # fmt: skip
"""Why a machine ends a call: a word for figures, never for the far side."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call; the machine is over. Everything has been said by then."""

    reason: Parting


Effect = Say | Hush | CheckPin | Through | SetMuted | SetHand | HangUp


# -- the notice ----------------------------------------------------------------------------------------------

Kept = Literal["nothing", "number", "times"]
"""What stays of a call: nothing; the number and technical details; these and the times."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a caller is told before the voice is used (N5.6), as the notice in force has it.

    recording: a meeting may be recorded. agree: the notice names a consent for the telephone. Nobody uses a
    telephone by merely listening to it, so the use that counts as consent is the press of 1.
    """

    kept: Kept = "nothing"
    recording: bool = False
    agree: bool = False


_KEPT = {
    "nothing": Prompt.NOTICE_NOTHING,
    "number": Prompt.NOTICE_NUMBER,
    "times": Prompt.NOTICE_TIMES,
}


def notice(told: Told) -> tuple[Prompt, ...]:
    """The spoken notice: what happens with the voice, with a recording, with the number."""
    recording = Prompt.NOTICE_RECORDING if told.recording else Prompt.NOTICE_NO_RECORDING
    return Prompt.NOTICE_VOICE, recording, _KEPT[told.kept]
