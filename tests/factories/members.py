"""People with keys at a real relay: they seal and open real Opus, as a browser would."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from numpy.typing import NDArray

from bench.client.connection import Workshop
from bench.client.onmeet import Participant, UnixLink
from bench.client.receiver import Packet, ReceiveStream
from onmeet.e2ee.calls import CallStatement, check_statement, read_statement
from onmeet.e2ee.effects import Effect, EpochBegun, Revoked, Send, Silence
from onmeet.e2ee.encoding import from_base64url
from onmeet.e2ee.frame_keys import FrameKeys, FrameRefusal
from onmeet.e2ee.labels import FrameClass
from onmeet.e2ee.link import Link
from onmeet.e2ee.meeting_keys import MeetingKeys
from onmeet.signalling.ticket import Role
from sip.room.opus import Decoder, Encoder
from tests.waiting import eventually

__all__ = ["KeyedMember"]

Sound = NDArray[np.int16]
Voice = Callable[[int], Sound]
"""The frame of a number: 320 samples."""

STATEMENT = ("room", "call", "gw", "expires", "gateway", "s")


class KeyedMember:
    """One participant with keys, a microphone if `voice` is set, and ears.

    heard: by the index of the speaker. bases: the audio base key of each epoch. Runs by itself until `leave`.
    """

    def __init__(self, peer: Participant, room: str, link: Link, host_key: Ed25519PrivateKey | None) -> None:
        self.peer = peer
        self.room = room
        self.link = link
        self.voice: Voice | None = None
        self.heard: dict[int, list[Sound]] = {}
        self.refused: dict[str, int] = {}
        self.alarms: list[str] = []
        self.revoked: list[str] = []
        self.bases: list[bytes] = []
        self.epoch: EpochBegun | None = None
        self.waiting: list[dict[str, Any]] = []
        self.messages: list[dict[str, Any]] = []
        self.frames_sent = 0
        self.frames = FrameKeys()
        self._host_key = host_key
        self._keys: MeetingKeys | None = None
        self._outbox: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()
        self._encoder = Encoder()
        self._decoders: dict[int, Decoder] = {}
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    async def join(
        cls,
        relay: Path,
        media: tuple[str, int],
        room: str,
        link: Link,
        *,
        host_key: Ed25519PrivateKey | None = None,
        name: str = "Ada",
        phone: bool = False,
    ) -> KeyedMember:
        """In the meeting and connected; host with the host's key. phone: people can dial in."""
        role: Role = "host" if host_key else "guest"
        unix = await UnixLink.open(relay, room, role=role, browser=name, phone=phone)
        peer = Participant(unix, Workshop.open(), stamped=False)
        member = cls(peer, room, link, host_key)
        peer.on_message = member._message
        member._tasks = [asyncio.create_task(member._write()), asyncio.create_task(member._live())]
        await peer.join(name)
        await peer.publish(media, microphone=True, camera=False)
        await member.until(lambda: peer.uplink is not None and peer.uplink.transport.state == "connected")
        return member

    @property
    def index(self) -> int:
        return self.peer.index

    async def until(self, condition: Callable[[], object], what: str = "", within: float = 20.0) -> None:
        """Wait while everything goes on."""
        await eventually(condition, what or "a condition", within)

    async def leave(self) -> None:
        """Leave in good order."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.peer.leave()

    # what a host does

    def statement(self, call: str) -> CallStatement:
        """The statement about a waiting call, checked as the page does."""
        entry = next(each for each in self.waiting if each["call"] == call)
        body = {"kind": "call", "room": self.room} | {name: entry[name] for name in STATEMENT[1:]}
        statement = read_statement(body)
        assert check_statement(statement, self.room, time.time()) is None
        return statement

    def admit(self, call: str) -> CallStatement:
        """Let a call in: at the relay, and in the keys."""
        statement = self.statement(call)
        self.say("admit", call=call)
        self.grant(call, statement.gw)
        return statement

    def grant(self, call: str, gw: bytes) -> None:
        """Let a key hear the sound."""
        assert self._keys is not None
        self._perform(self._keys.admit(from_base64url(call, 16), gw, _now()))

    def revoke(self, call: str) -> None:
        """End a call's permission."""
        assert self._keys is not None
        self._perform(self._keys.revoke(from_base64url(call, 16), _now()))

    def say(self, kind: str, **fields: Any) -> None:
        """Send a message of the protocol, in order."""
        self._outbox.put_nowait((kind, fields))

    # what it hears

    def sound_of(self, index: int) -> Sound:
        """Everything that was heard of somebody."""
        return np.concatenate(self.heard.get(index) or [np.zeros(0, np.int16)])

    def said(self, kind: str) -> list[dict[str, Any]]:
        """The relay's messages of a type."""
        return [message for message in self.messages if message["type"] == kind]

    # its life

    async def _write(self) -> None:
        while True:
            kind, fields = await self._outbox.get()
            await self.peer.send(kind, **fields)

    async def _live(self) -> None:
        due = ticked = time.monotonic()
        while True:
            now = time.monotonic()
            self.peer.poll(now)
            downlink = self.peer.downlink
            if downlink is not None and downlink.receiver.observer is None:
                downlink.receiver.observer = self._packet
            if now - ticked > 0.25 and self._keys is not None:
                ticked = now
                self._perform(self._keys.tick(_now()))
                self.frames.forget_old(_now())
            if self.voice is None:
                due = now
            while due <= now and self.voice is not None:
                due += 0.02
                self._speak(self.voice(self.frames_sent))
            await asyncio.sleep(0.003)

    def _speak(self, frame: Sound) -> None:
        uplink = self.peer.uplink
        if uplink is None or uplink.microphone is None or uplink.transport.state != "connected":
            return
        with contextlib.suppress(FrameRefusal):
            sealed = self.frames.seal(FrameClass.AUDIO, self._encoder.encode(frame))
            uplink.sender.send(uplink.microphone, sealed, self.frames_sent * 960, marker=False, level=10)
        self.frames_sent += 1

    def _packet(self, stream: ReceiveStream, packet: Packet) -> None:
        track = self.peer.tracks.get(stream.mid, "")
        speaker, _, source = track.partition(":")
        if source != "microphone":
            return
        index = int(speaker)
        try:
            opus = self.frames.open(FrameClass.AUDIO, index, packet.payload, _now())
        except FrameRefusal as refusal:
            self.refused[refusal.reason] = self.refused.get(refusal.reason, 0) + 1
            return
        decoder = self._decoders.setdefault(index, Decoder())
        self.heard.setdefault(index, []).append(decoder.decode(opus))

    def _message(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind not in ("ping", "speakers", "quality"):
            self.messages.append(message)
        if kind == "welcome":
            self._begin(message)
        elif self._keys is None:
            return
        elif kind == "key":
            self._perform(self._keys.feed(message["from"], message["body"], _now()))
        elif kind == "left":
            self._perform(self._keys.left(message["index"], _now()))
        elif kind == "callers":
            self.waiting = message["waiting"]

    def _begin(self, welcome: dict[str, Any]) -> None:
        self._keys = MeetingKeys(
            room=self.room,
            instance=welcome["room"]["instance"],
            index=welcome["you"],
            link=self.link,
            host_key=self._host_key,
            now=_now(),
        )
        for entry in welcome["log"]:
            self._perform(self._keys.feed(entry["from"], entry["body"], _now()))
        self._perform(self._keys.start(_now()))

    def _perform(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send(body):
                    self.say("key", body=body)
                case EpochBegun(n=n, bases=bases):
                    self.epoch = effect
                    self.bases.append(bases[FrameClass.AUDIO])
                    self.frames.set_epoch(n, self.index, bases, _now())
                case Silence(silent):
                    self.frames.silence(silent)
                case Revoked(call):
                    self.revoked.append(call)
                case _:
                    if hasattr(effect, "kind"):
                        self.alarms.append(effect.kind)


def _now() -> float:
    return time.monotonic() * 1000
