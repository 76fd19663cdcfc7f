"""A meeting with callers: real relay, real room processes, members with keys, telephones on the loopback."""

from __future__ import annotations

import secrets
import wave
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from numpy.typing import NDArray

from onmeet.e2ee.link import create_link
from onmeet.phone.gateway_key import GatewayKey
from sip.ivr.steps import Prompt
from sip.room.nursery import Nursery, RoomProcess, new_call
from sip.room.settings import RoomSettings
from sip.room.wire import CallFacts
from tests.factories.handset import Handset
from tests.factories.members import KeyedMember
from tests.waiting import eventually

__all__ = ["Call", "PhoneHouse", "record", "share", "short_prompts", "snr"]

PROMPT_HERTZ = 2500
"""What every prompt sounds like in tests that do not care for its words."""


def short_prompts(folder: Path) -> Path:
    """An operator's own recordings: a tone of 100 ms for each prompt, so that nobody waits for speech."""
    (folder / "en").mkdir()
    for prompt in Prompt:
        record(folder, prompt, PROMPT_HERTZ, 0.1)
    return folder


def record(folder: Path, prompt: Prompt, hertz: float, seconds: float) -> None:
    """A tone as the operator's own recording of a prompt in English."""
    at = np.arange(round(seconds * 16000)) / 16000
    sound = np.rint(3000 * np.sin(2 * np.pi * hertz * at)).astype(np.int16)
    with wave.open(str(folder / "en" / f"{prompt}.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(sound.tobytes())


def snr(sound: NDArray[np.int16], hertz: float) -> float:
    """dB between a tone and everything else in a sound, at 16 kHz."""
    at = np.arange(len(sound)) / 16000
    basis = np.stack([np.sin(2 * np.pi * hertz * at), np.cos(2 * np.pi * hertz * at)], 1)
    weights, *_ = np.linalg.lstsq(basis, sound.astype(float), rcond=None)
    fitted = basis @ weights
    rest = sound - fitted
    return float(10 * np.log10(max(fitted @ fitted, 1e-9) / max(rest @ rest, 1e-9)))


def share(sound: NDArray[np.int16], hertz: float) -> float:
    """How much of a sound's power lies within 15 Hz of a tone; 0 for comfort noise, and before 100 ms."""
    if len(sound) < 1600 or np.std(sound) < COMFORT:
        return 0.0
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    near = np.abs(np.fft.rfftfreq(len(sound), 1 / 16000) - hertz) < 15
    return float(power[near].sum() / power.sum())


COMFORT = 20.0
"""Louder than comfort noise, 50 dB below the tones of these tests. Of noise a share lies everywhere."""


@dataclass
class Call:
    """A telephone whose leg a room process has. hung_up: why, once the room has let go."""

    name: str
    handset: Handset
    process: RoomProcess
    hung_up: list[str] = field(default_factory=list)


class PhoneHouse:
    """One meeting; an asynchronous context manager that leaves nothing behind."""

    def __init__(self, relay: Path, media: tuple[str, int], prompts: Path | None = None) -> None:
        self.relay, self.media = relay, media
        self.room = f"test-{secrets.token_hex(4)}"
        self.link, self.host_key = create_link()
        self.key = GatewayKey(Ed25519PrivateKey.generate())
        self.nursery = Nursery(RoomSettings(relay, prompts, "warning"), self.key)
        self.members: list[KeyedMember] = []
        self.calls: list[Call] = []
        self.ended: list[frozenset[str]] = []
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> PhoneHouse:
        self.nursery.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        for member in list(self.members):
            await self.leave(member)
        for call in self.calls:
            await call.handset.close()
        self.nursery.close()

    async def join(self, *, host: bool = False, name: str = "Ada") -> KeyedMember:
        """A member, with keys in force."""
        key = self.host_key if host else None
        member = await KeyedMember.join(self.relay, self.media, self.room, self.link, host_key=key, name=name)
        self.members.append(member)
        await member.until(lambda: member.epoch is not None, "an epoch")
        return member

    async def leave(self, member: KeyedMember) -> None:
        self.members.remove(member)
        await member.leave()

    async def ring(self, facts: CallFacts | None = None, **agreement: Any) -> Call:
        """A telephone calls and comes as far as the lobby."""
        process = await self.nursery.room(self.room)
        call = Call(new_call(), Handset(**agreement), process)
        self.calls.append(call)
        process.on_hang_up = self._hung_up
        process.on_end = self.ended.append
        process.take(call.name, call.handset.state, call.handset.gateway_sockets, facts or CallFacts())
        for each in call.handset.gateway_sockets:
            each.close()
        return call

    async def waiting(self, host: KeyedMember, call: Call) -> None:
        """Wait until the host sees the call in the lobby."""
        await host.until(lambda: any(each["call"] == call.name for each in host.waiting), "the lobby")

    async def bring_in(self, host: KeyedMember, facts: CallFacts | None = None, **agreement: Any) -> Call:
        """A telephone that the host lets in, and that has heard so: it hears and is heard."""
        call = await self.ring(facts, **agreement)
        await self.waiting(host, call)
        host.admit(call.name)
        await eventually(lambda: self.phone(host, call) is not None, "the phone to join")
        await eventually(lambda: not self.is_muted(host, call), "the microphone to open", 20)
        return call

    def phone(self, member: KeyedMember, call: Call) -> dict[str, Any] | None:
        """The participant that the call is, as a member sees it."""
        everybody = member.peer.participants.values()
        return next((each for each in everybody if each.get("call") == call.name), None)

    def index(self, member: KeyedMember, call: Call) -> int:
        phone = self.phone(member, call)
        assert phone is not None
        return int(phone["index"])

    def is_muted(self, member: KeyedMember, call: Call) -> bool:
        phone = self.phone(member, call)
        return phone is None or bool(phone["muted"])

    def _hung_up(self, name: str, why: str) -> None:
        next(call for call in self.calls if call.name == name).hung_up.append(why)
