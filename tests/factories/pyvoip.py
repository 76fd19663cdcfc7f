"""pyVoIP, a telephone that takes SIP lightly: it answers to a tag of its own making, and knows no keys.

with PyVoip(port) as phone:
    phone.dial("12345678")
    until(phone.established, "the call")
"""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Any

import numpy as np
from pyVoIP import VoIP

from tests.factories.sounds import Samples, tone
from tests.ports import free_port

__all__ = ["PyVoip"]

RATE = 8000


class PyVoip:
    """One telephone for one call. It speaks PCMU only, from samples of 8 bits, and sends no digits.

    hertz: of the tone that it sends as soon as it is connected.
    """

    def __init__(self, gateway: int, *, hertz: float = 440) -> None:
        own, sound = (free_port() for _ in range(2))
        self._phone = VoIP.VoIPPhone(
            "127.0.0.1", gateway, "phone", "", "127.0.0.1", None, own, rtpPortLow=sound, rtpPortHigh=sound
        )
        vars(self._phone.sip)["register"] = lambda: True  # nobody registers at a gateway
        self._hertz = hertz
        self._call: Any = None
        self._heard: list[bytes] = []
        self._listener = threading.Thread(target=self._listen)

    def dial(self, user: str) -> None:
        """Call `user` at the gateway."""
        self._call = self._phone.call(user)

    def established(self) -> bool:
        """Whether its call was answered; then it listens."""
        answered = self._call is not None and self._call.state is VoIP.CallState.ANSWERED
        if answered and not self._listener.is_alive():
            self._listener.start()
        return answered

    def speak(self) -> None:
        """Half a minute of the tone."""
        self._call.write_audio(((tone(self._hertz, 30, RATE, 0.8) >> 8) + 128).astype(np.uint8).tobytes())

    def hang_up(self) -> None:
        """End the call."""
        self._call.hangup()

    def closed(self) -> bool:
        """Whether its call has ended."""
        return self._call is not None and self._call.state is VoIP.CallState.ENDED

    def heard(self) -> tuple[Samples, int]:
        """What it heard so far, widened from its 8 bits to 16, and the rate."""
        raw = np.frombuffer(b"".join(self._heard), np.uint8)
        return ((raw.astype(np.int16) - 128) << 8).astype(np.int16), RATE

    def press(self, digits: str) -> None:
        """It has no keys."""
        raise NotImplementedError

    def log(self) -> str:
        """It prints nothing."""
        return ""

    def _listen(self) -> None:
        while not self.closed():
            self._heard.append(self._call.read_audio(160, blocking=True))

    def __enter__(self) -> PyVoip:
        self._phone.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._phone.stop()
        if self._listener.is_alive():
            self._listener.join(5)
