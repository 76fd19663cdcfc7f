"""From the first ring to the meeting: language, greeting, notice, consent where it is needed, PIN.

For a call that we make ourselves: who calls and why, 1 to join (nothing else joins, so that no answering
machine ever does), then the notice. Pure: see `steps`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from sip.ivr.steps import CheckPin, Cue, Effect, Part, Pause, Prompt, Through, Told, notice
from sip.ivr.talk import Talk

__all__ = ["LONGEST_PIN", "SHORTEST_PIN", "TRIES", "Reception", "is_pin"]

SHORTEST_PIN, LONGEST_PIN = 6, 10
TRIES = 3
"""How often a PIN may be wrong, and how often a question is asked without an answer."""

_LIMIT = 300.0
"""Seconds after which nobody is helped any more, however many keys are pressed."""

_CHOICE = 4.0
_FIRST_KEY = 10.0
_NEXT_KEY = 5.0
_CONSENT = 8.0
_CHECK, _CHECK_LONG = 2.0, 10.0

_CHOICES = (Prompt.CHOOSE_1, Prompt.CHOOSE_2, Prompt.CHOOSE_3)


class Reception(Talk):
    """One caller before the meeting.

    languages: in which the operator answers, the first one for those who do not choose. language: settled by
    the trunk or number, then nobody is asked. pin: dialled along (`sip:<PIN>@…`), which spares its entry, not
    the notice. dialled_out: we called; the meeting is known and no PIN is asked.
    """

    def __init__(
        self,
        languages: Sequence[str],
        told: Told,
        *,
        language: str | None = None,
        pin: str = "",
        dialled_out: bool = False,
    ) -> None:
        super().__init__(language or next(iter(languages), "en"))
        self.heard_notice = False
        """Whether the notice was played to its end."""
        self.agreed = not told.agree
        self._languages = tuple(languages)[: len(_CHOICES)]
        self._asks_language = language is None and len(self._languages) > 1 and not dialled_out
        self._told = told
        self._dialled_out = dialled_out
        self._dialled = pin if is_pin(pin) else ""
        self._entry, self._complete = "", False
        self._tries = self._silences = 0
        self._checking = False
        self._begun = False
        self._keys = self._ignore

    def begin(self, now: float) -> tuple[Effect, ...]:
        """The call was answered and sound flows."""
        return self._turn(now, self._start)

    def pin_answer(self, known: bool, now: float) -> tuple[Effect, ...]:
        """Whether there is a meeting for the PIN of the last `CheckPin`."""
        return self._turn(now, lambda: self._answered(known) if self._checking else None)

    def blocked(self, now: float) -> tuple[Effect, ...]:
        """Too many PINs were tried (by this call, number or trunk): say so and end."""
        return self._turn(now, lambda: self._leave("blocked", Prompt.TOO_MANY))

    def busy(self, now: float) -> tuple[Effect, ...]:
        """There is no room for another caller now: say so and end."""
        return self._turn(now, lambda: self._leave("busy", Prompt.BUSY))

    def trouble(self, now: float) -> tuple[Effect, ...]:
        """Something of ours does not work: say so and end."""
        return self._turn(now, lambda: self._leave("trouble", Prompt.TROUBLE))

    # -- language, or who calls ------------------------------------------------------------------------------

    def _start(self) -> None:
        if self._begun:
            return
        self._begun, self._limit = True, self._now + _LIMIT
        if self._dialled_out:
            self._invite()
        elif self._asks_language:
            self._choose()
        else:
            self._greet()

    def _choose(self) -> None:
        self._keys = self._choice
        parts: list[Part] = [Pause(0.5)]
        for language, prompt in zip(self._languages, _CHOICES, strict=False):
            parts += [Cue(language, prompt), Pause(0.4)]
        self._say(*parts, then=lambda: self._wait(_CHOICE, self._not_chosen))

    def _choice(self, key: str) -> None:
        choices = dict(zip("123", self._languages, strict=False))
        if key in choices:
            self.language, self._silences = choices[key], 0
            self._greet()

    def _not_chosen(self) -> None:
        self._silences += 1
        if self._silences < TRIES - 1:
            self._choose()
        else:  # somebody without keys, or who waits for a person: the first language is as good as any
            self._silences = 0
            self._greet()

    def _invite(self) -> None:
        self._keys = self._invited
        self._say(Pause(0.5), Prompt.CALLED, then=lambda: self._wait(_CONSENT, self._not_invited))

    def _invited(self, key: str) -> None:
        if key == "1":
            self._silences = 0
            self._tell()

    def _not_invited(self) -> None:
        self._silences += 1
        if self._silences < TRIES:
            self._invite()
        else:
            self._leave("declined")

    # -- notice and consent ----------------------------------------------------------------------------------

    def _greet(self) -> None:
        self._tell(Pause(0.3), Prompt.GREETING, Pause(0.3))

    def _tell(self, *before: Prompt | Part) -> None:
        """The notice is never cut short; keys meanwhile count for the PIN, if no consent comes first."""
        self._keys = self._ignore if self._told.agree or self._dialled_out else self._ahead
        self._say(*before, *notice(self._told), then=self._noticed)

    def _noticed(self) -> None:
        self.heard_notice = True
        if self.agreed:
            self._go_on()
        else:
            self._ask_consent()

    def _ask_consent(self) -> None:
        self._keys = self._consent
        self._say(Prompt.AGREE, then=lambda: self._wait(_CONSENT, self._no_consent))

    def _consent(self, key: str) -> None:
        if key == "1":
            self.agreed, self._silences = True, 0
            self._go_on()

    def _no_consent(self) -> None:
        self._silences += 1
        if self._silences < TRIES:
            self._ask_consent()
        else:
            self._leave("no-consent")

    def _go_on(self) -> None:
        if self._dialled_out:
            self._connect()
        elif self._dialled:
            self._check(self._dialled)
        elif self._complete:
            self._finish()
        elif self._entry:
            self._keys = self._pin_key
            self._wait(_NEXT_KEY, self._finish)
        else:
            self._ask_pin()

    # -- PIN -------------------------------------------------------------------------------------------------

    def _ask_pin(self, *before: Prompt) -> None:
        self._entry, self._complete = "", False
        self._keys = self._pin_key
        self._say(*before, Prompt.PIN, then=lambda: self._wait(_FIRST_KEY, self._no_entry))

    def _ahead(self, key: str) -> None:
        """A key during the notice, by somebody who knows the way."""
        if key == "*":
            self._entry, self._complete = "", False
        elif not self._complete and key == "#":
            self._complete = bool(self._entry)
        elif not self._complete and key.isdigit():
            self._entry += key
            self._complete = len(self._entry) == LONGEST_PIN

    def _pin_key(self, key: str) -> None:
        if key == "*":
            self._ask_pin(Prompt.PIN_CLEARED)
        elif key == "#":
            self._finish()
        elif key.isdigit():
            self._entry += key
            if len(self._entry) == LONGEST_PIN:
                self._finish()
            else:
                self._wait(_NEXT_KEY, self._finish)

    def _finish(self) -> None:
        if not self._entry:
            self._no_entry()
        elif len(self._entry) < SHORTEST_PIN:
            self._wrong(Prompt.PIN_SHORT)
        else:
            self._check(self._entry)

    def _no_entry(self) -> None:
        self._silences += 1
        if self._silences < TRIES:
            self._ask_pin(Prompt.NOTHING_HEARD)
        else:
            self._leave("silence", Prompt.NOTHING_HEARD)

    def _wrong(self, prompt: Prompt) -> None:
        self._tries += 1
        if self._tries < TRIES:
            self._ask_pin(prompt)
        else:
            self._leave("pin", prompt)

    def _check(self, pin: str) -> None:
        self._keys, self._checking = self._ignore, True
        self._wait(_CHECK, lambda: self._say(Prompt.MOMENT, then=self._check_on))
        self._do(CheckPin(pin))

    def _check_on(self) -> None:
        self._wait(_CHECK_LONG, lambda: self._leave("trouble", Prompt.TROUBLE))

    def _answered(self, known: bool) -> None:
        self._checking, self._dialled = False, ""
        if known:
            self._connect()
        else:
            self._wrong(Prompt.PIN_WRONG)

    def _connect(self) -> None:
        self._keys, self._entry, self._limit = self._ignore, "", math.inf
        self._say(Prompt.CONNECTING, then=lambda: self._end(Through(self.language)))

    # -- always ----------------------------------------------------------------------------------------------

    def _on_key(self, digit: str) -> None:
        self._keys(digit)

    def _ignore(self, key: str) -> None:
        pass

    def _expired(self) -> None:
        self._leave("too-long")


def is_pin(digits: str) -> bool:
    """Whether these can be the PIN of a meeting: 6 to 10 digits."""
    return SHORTEST_PIN <= len(digits) <= LONGEST_PIN and digits.isascii() and digits.isdigit()
