"""One call in the room: its leg, what it hears of the machine, its key and its place in the meeting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from onmeet.e2ee.calls import spoken_code
from onmeet.e2ee.encoding import to_base64url
from sip.interface import FRAME, Agreement
from sip.ivr.player import Player
from sip.ivr.sounds import Prompts
from sip.ivr.stay import Stay
from sip.media.leg import Leg
from sip.room import mixer
from sip.room.keys import CallKey
from sip.room.opus import Encoder
from sip.room.packets import Outgoing
from sip.room.wire import CallFacts, Signed

__all__ = ["SILENCE", "Caller"]

Frame = NDArray[np.int16]

SILENCE: Final = np.zeros(FRAME, np.int16)
SILENCE.setflags(write=False)

_BLANKED: Final = 0.2
"""Seconds of the voice that are left out from a key press on: many telephones send its tone as sound, too."""


class Caller:
    """Owned by the room, which drives it each 20 ms."""

    def __init__(self, call: str, facts: CallFacts, prompts: Prompts) -> None:
        self.call = call
        self.facts = facts
        self.key = CallKey(call)
        self.leg: Leg | None = None
        self.agreement: Agreement | None = None
        self.stay: Stay | None = None
        self.player = Player(prompts)
        self.muted = True
        self.hand = False
        self.keyed = False
        """As the machine was told last."""
        self.signed: Signed | None = None
        self.out: Outgoing | None = None
        """The stream into the meeting; None while the call waits."""
        self._encoder: Encoder | None = None
        self._blank_until = -1.0

    # what the relay and the gateway are told

    def statement(self) -> dict[str, Any] | None:
        """The `call` message, None until the gateway has signed."""
        if self.signed is None:
            return None
        facts = self.facts
        body: dict[str, Any] = {
            "type": "call",
            "call": self.call,
            "gw": to_base64url(self.key.public),
            "expires": self.signed.expires,
            "gateway": to_base64url(self.signed.gateway),
            "s": self.signed.signature,
            "label": facts.label,
            "withheld": facts.withheld,
            "dialled_out": facts.dialled_out,
            "language": facts.language,
            "reports": list(facts.reports),
        }
        return body | ({"record": facts.record} if facts.record else {})

    def state(self) -> dict[str, Any]:
        """The `state` message."""
        return {"type": "state", "call": self.call, "muted": self.muted, "hand": self.hand}

    def code(self, room: str) -> str:
        """What the caller hears and the host reads."""
        gateway = self.signed.gateway if self.signed else b""
        return spoken_code(room, self.call, self.key.public, gateway)

    # its place

    def admit(self, index: int) -> None:
        """The call is a participant."""
        self.out = Outgoing(index)
        self._encoder = Encoder()

    def hold(self) -> None:
        """It is not, or not any more."""
        self.out = self._encoder = None
        self.keyed = False

    @property
    def inside(self) -> bool:
        """Whether the caller hears the meeting: admitted, with the key, and told so."""
        return self.keyed and self.out is not None and self.stay is not None and self.stay.place == "meeting"

    # sound

    def update(self, agreement: Agreement) -> None:
        """Media were renegotiated."""
        self.agreement = agreement
        if self.leg is not None:
            self.leg.update(agreement)

    def line_silent_for(self, now: float) -> float:
        """Seconds without a packet of the telephone, 0 while none is expected."""
        waits = self.agreement is not None and (
            self.agreement.held or self.agreement.direction in ("sendonly", "inactive")
        )
        return 0.0 if self.leg is None or waits else self.leg.silent_for(now)

    def pressed(self, now: float) -> None:
        """A key was pressed: its tone stays out of the meeting."""
        self._blank_until = now + _BLANKED

    def read(self, now: float) -> Frame:
        """The voice of these 20 ms."""
        frame = self.leg.read(now) if self.leg is not None else SILENCE
        return SILENCE if now < self._blank_until else frame

    def write(self, meeting: Frame | None) -> None:
        """What the caller hears: the meeting, quieter below a prompt."""
        prompt = self.player.frame()
        if self.leg is None:
            return
        if prompt is None:
            self.leg.write(SILENCE if meeting is None else meeting)
        else:
            self.leg.write(prompt if meeting is None else mixer.over(meeting, prompt))

    def packet(self, frame: Frame, seal: Callable[[str, bytes], bytes]) -> bytes | None:
        """The frame for the relay, encoded and sealed; raises FrameRefusal."""
        if self.out is None or self._encoder is None:
            return None
        return self.out.next(seal(self.call, self._encoder.encode(frame)), mixer.level(frame))

    def skip(self) -> None:
        """Nothing goes into the meeting in these 20 ms."""
        if self.out is not None:
            self.out.skip()

    def close(self) -> None:
        """Say goodbye on RTCP and close the sockets."""
        self.hold()
        if self.leg is not None:
            self.leg.close()
