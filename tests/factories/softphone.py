"""A softphone made of our own parts: calls the gateway, presses keys, sends a tone, records what it hears.

It shares codecs and SIP with what it tests, so it says nothing about these: sipp, baresip, linphone and
pyVoIP do. It is for what lies behind: the reception, the meeting, what is kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from onmeet.phone.settings import PhoneSettings, Trunk
from onmeet.rtp import packets
from sip.agent import Agent, terms
from sip.core.session_outgoing import Called
from sip.gateway.ports import open_pair
from sip.interface import FRAME, RATE, Agreement, Call, EndReason
from sip.media.leg import Leg
from sip.media.pace import Clock20ms
from sip.wire.options import Options
from sip.wire.transport import Transport
from tests.waiting import until

__all__ = ["Handset", "Sender", "Softphone", "softphone"]

T = TypeVar("T")
Sound = NDArray[np.int16]

_PRESS_FRAMES = 5  # 100 ms
_PAUSE_FRAMES = 4
_EVENTS = "0123456789*#ABCD"


class Softphone:
    """One call. `heard`: all that came, 16 kHz. `tone`: what is sent, Hz; None for silence."""

    def __init__(self, agent: Agent) -> None:
        self.heard: list[Sound] = []
        self.began: float | None = None
        """Monotonic time of the first frame in `heard`; the others follow every 20 ms."""
        self.tone: float | None = None
        self.amplitude = 8000.0
        self.reason: EndReason | None = None
        self.agreement: Agreement | None = None
        self.call: Call | None = None
        self._agent = agent
        self._leg: Leg | None = None
        self._keys: deque[str] = deque()
        self._pressing: tuple[int, int, int] | None = None  # event, timestamp, frames so far
        self._resting = 0
        self._sent = 0
        self._over = asyncio.Event()
        self._answered = asyncio.Event()
        self._beating: asyncio.Task[None] | None = None

    # -- CallListener ----------------------------------------------------------------------------------------

    def answered(self, agreement: Agreement) -> None:
        self.agreement = agreement
        self._answered.set()

    def changed(self, agreement: Agreement) -> None:
        self.agreement = agreement
        if self._leg is not None:
            self._leg.update(agreement)

    def digit(self, digit: str) -> None: ...

    def ended(self, reason: EndReason) -> None:
        self.reason = reason
        self._over.set()
        self._answered.set()

    # -- for tests -------------------------------------------------------------------------------------------

    async def dial(self, user: str) -> None:
        """Call `sip:<user>@gateway` and wait until it is answered or refused."""
        rtp, rtcp = open_pair("127.0.0.1", None)
        self.call = await self._agent.dial(user, "gateway", self, "127.0.0.1", rtp.getsockname()[1])
        await asyncio.wait_for(self._answered.wait(), 30)
        if self.agreement is None:
            rtp.close()
            rtcp.close()
            return
        self._leg = Leg(rtp, rtcp, self.agreement, on_digit=lambda _digit: None)
        self._beating = asyncio.create_task(self._beat())

    def press(self, keys: str) -> None:
        """Press keys one after the other, as RFC 4733 events."""
        self._keys.extend(keys)

    async def ends(self, within: float = 30.0) -> EndReason:
        """Wait until the far side has hung up."""
        await asyncio.wait_for(self._over.wait(), within)
        assert self.reason is not None
        return self.reason

    async def hang_up(self) -> None:
        """End the call and wait until it is over."""
        if self.call is not None:
            self.call.hang_up()
            await asyncio.wait_for(self._over.wait(), 30)
        await self.close()

    async def close(self) -> None:
        """Stop sending and receiving."""
        if self._beating is not None:
            self._beating.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._beating
            self._beating = None
        if self._leg is not None:
            self._leg.close()
            self._leg = None

    def sound(self, seconds: float) -> Sound:
        """The last seconds of what was heard."""
        frames = self.heard[-round(seconds * RATE / FRAME) :]
        return np.concatenate(frames) if frames else np.zeros(0, np.int16)

    # -- inside ----------------------------------------------------------------------------------------------

    async def _beat(self) -> None:
        assert self._leg is not None
        async for now in Clock20ms():
            self.began = now if self.began is None else self.began
            self.heard.append(self._leg.read(now))
            if not self._press_on(self._leg):
                self._leg.write(self._frame())

    def _frame(self) -> Sound:
        start, self._sent = self._sent, self._sent + FRAME
        if self.tone is None:
            return np.zeros(FRAME, np.int16)
        phase = 2 * np.pi * self.tone * np.arange(start, start + FRAME) / RATE
        return np.asarray(self.amplitude * np.sin(phase), np.int16)

    def _press_on(self, leg: Leg) -> bool:
        """Send the next packet of a key that is held down; whether there is one."""
        assert self.agreement is not None
        if self._resting:
            self._resting -= 1
            return False
        sending = leg._sending
        if self._pressing is None:
            if not self._keys:
                return False
            self._pressing = (_EVENTS.index(self._keys.popleft()), sending.timestamp, 0)
        event, since, frames = self._pressing
        frames += 1
        last = frames >= _PRESS_FRAMES
        for _ in range(3 if last else 1):  # RFC 4733 §2.5.1.4: the end is sent three times
            payload = struct.pack("!BBH", event, 0x80 * last | 10, 160 * frames)
            packet = packets.build(
                self.agreement.event_type or 101,
                sending.index,
                since,
                sending.ssrc,
                payload,
                marker=frames == 1,
            )
            sending.index += 1
            leg._send(leg._rtp, leg._srtp.protect(packet) if leg._srtp else packet, leg._in.latch.target)
        sending.skip(160)
        self._pressing = None if last else (event, since, frames)
        self._resting = _PAUSE_FRAMES if last else 0
        return True


@dataclass(frozen=True)
class Sender:
    """What a telephone says of itself. user, domain: of From. headers: further ones of its INVITE."""

    user: str = ""
    domain: str = ""
    display: str = ""
    headers: tuple[tuple[str, str], ...] = ()


def _outspoken(sender: Sender) -> Callable[..., Called]:
    """How a call is addressed, by a user agent that says more than ours does."""

    def called(*arguments: Any) -> Called:
        plain = terms.called(*arguments)
        named = replace(plain.sender, display=sender.display)
        return replace(plain, sender=named, extra=(*plain.extra, *sender.headers))

    return called


@asynccontextmanager
async def softphone(port: int, sender: Sender = Sender()) -> AsyncIterator[Softphone]:
    """A telephone that calls the gateway at UDP port `port` of 127.0.0.1."""
    trunk = Trunk(
        name="gateway",
        host="127.0.0.1",
        port=port,
        keep_alive=0,
        from_user=sender.user,
        from_domain=sender.domain,
    )
    settings = PhoneSettings(trunks=(trunk,))
    agent = Agent(Transport(Options(port=0), upstreams=settings.trunks), settings, lambda _call: None)
    await agent.start()
    phone = Softphone(agent)
    try:
        with patch("sip.agent.agent.called", _outspoken(sender)):
            yield phone
    finally:
        if phone.reason is None and phone.call is not None:
            phone.call.hang_up()
        await phone.close()
        await agent.close()


class Handset:
    """A `Softphone` for tests that are not asynchronous: it lives on an event loop of its own thread."""

    def __init__(self, port: int, sender: Sender = Sender()) -> None:
        self._port, self._sender = port, sender
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="handset")
        self._stack = AsyncExitStack()
        self._phone: Softphone | None = None

    def __enter__(self) -> Handset:
        self._thread.start()
        self._phone = self._run(self._stack.enter_async_context(softphone(self._port, self._sender)))
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._run(self._stack.aclose())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
            self._loop.close()

    @property
    def phone(self) -> Softphone:
        """The telephone; its attributes may be read and set from here."""
        assert self._phone is not None
        return self._phone

    def dials(self, user: str) -> None:
        """Call, and be answered."""
        self._run(self.phone.dial(user))
        assert self.phone.agreement is not None, f"not answered: {self.phone.reason}"

    def presses(self, keys: str) -> None:
        """Press keys one after the other."""
        self.phone.press(keys)

    def sends(self, hertz: float | None) -> None:
        """A tone from now on."""
        self.phone.tone = hertz

    def hears(self, seconds: float) -> Sound:
        """The next seconds of what comes."""
        before = len(self.phone.heard)
        wanted = round(seconds * RATE / FRAME)
        until(lambda: len(self.phone.heard) >= before + wanted, "sound", within=seconds + 10)
        return np.concatenate(self.phone.heard[before : before + wanted])

    def hangs_up(self) -> None:
        """End the call."""
        self._run(self.phone.hang_up())

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)
