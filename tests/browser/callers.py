"""Callers without telephones: the gateway's side of a room, spoken to the real relay over its real socket.

line = Line(server, "abc-defg-hjk")
anna_phones = line.rings("+49 … 42"); …; anna_phones.is_admitted(); anna_phones.hears_the_keys()
"""

from __future__ import annotations

import json
import os
import socket
import struct
import threading
import time
from contextlib import suppress
from fractions import Fraction
from types import TracebackType
from typing import Any

import av
import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from onmeet.e2ee.bodies import Epoch, read_body
from onmeet.e2ee.calls import gateway_fingerprint, state_call
from onmeet.e2ee.encoding import to_base64url
from onmeet.e2ee.epochs import open_as_gateway
from onmeet.e2ee.frame_keys import FrameKeys
from onmeet.e2ee.labels import FrameClass
from onmeet.signalling import wire
from tests.running import OnMeetServer
from tests.waiting import until

__all__ = ["Caller", "Line"]

FRAME_SECONDS = 0.02
_LEVEL = 0x10  # RFC 6464 in a one-byte header: extension 1, one octet


class Line:
    """The gateway's link to one room. A context manager; leaving it hangs up on everybody."""

    def __init__(self, server: OnMeetServer, room: str, key: Ed25519PrivateKey | None = None) -> None:
        self.room = room
        self.key = key or Ed25519PrivateKey.generate()
        self.messages: list[dict[str, Any]] = []
        self._writing = threading.Lock()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(str(server.data / "run" / "relay.sock"))
        self._send(wire.Kind.GATEWAY, {"room": room, "expires": time.time() + 10})
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def __enter__(self) -> Line:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ends()

    @property
    def fingerprint(self) -> str:
        """By which the host knows this gateway."""
        return gateway_fingerprint(self.key.public_key().public_bytes_raw())

    def rings(self, label: str = "+49 … 42", **changes: Any) -> Caller:
        """Somebody calls and waits in the lobby."""
        caller = Caller(self)
        self.say(
            "call",
            **{
                **caller.statement,
                "label": label,
                "withheld": False,
                "dialled_out": False,
                "language": "de",
                "reports": [],
                **changes,
            },
        )
        return caller

    def say(self, kind: str, **fields: Any) -> None:
        """Send the relay a message."""
        self._send(wire.Kind.MESSAGE, {"type": kind, **fields})

    def sound(self, index: int, packet: bytes) -> None:
        """Send the relay one packet of an admitted caller."""
        with self._writing:
            self._socket.sendall(wire.pack_sound(index, packet))

    def ends(self) -> None:
        """The gateway goes away, and all its callers with it."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._reader.join()
        self._socket.close()

    def last(self, kind: str, call: str) -> dict[str, Any] | None:
        """The newest message of this type about a call."""
        return next((m for m in reversed(self.messages) if m["type"] == kind and m.get("call") == call), None)

    def epoch(self) -> Epoch | None:
        """The newest epoch that the relay has passed on."""
        bodies = [
            each["body"]
            for message in self.messages
            for each in (message.get("log", []) if message["type"] == "attached" else [message])
            if isinstance(each.get("body"), dict) and each["body"].get("kind") == "epoch"
        ]
        newest = read_body(bodies[-1]) if bodies else None
        assert newest is None or isinstance(newest, Epoch)
        return newest

    def _send(self, kind: wire.Kind, body: dict[str, Any]) -> None:
        with self._writing:
            self._socket.sendall(wire.encode(kind, json.dumps(body).encode()))

    def _read(self) -> None:
        decoder = wire.Decoder(wire.DOWN_LIMIT)
        while True:
            try:
                data = self._socket.recv(65_536)
            except OSError:
                return
            if not data:
                return
            for frame in decoder.feed(data):
                if frame.kind is wire.Kind.MESSAGE:
                    self.messages.append(json.loads(frame.payload))


class Caller:
    """One call, as its gateway sees it."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._private = X25519PrivateKey.generate()
        self.call = to_base64url(os.urandom(16))
        gw = self._private.public_key().public_bytes_raw()
        self.statement = state_call(line.key, line.room, self.call, gw, int(time.time()) + 3600)
        self.statement = {k: v for k, v in self.statement.items() if k not in ("kind", "room")}
        self._frames = FrameKeys()
        self._speaking: threading.Event | None = None
        self._voice: threading.Thread | None = None

    # what the caller does

    def hangs_up(self) -> None:
        """The call is over."""
        self.is_silent()
        self._line.say("hang-up", call=self.call)

    def raises_a_hand(self, up: bool = True) -> None:
        """*9"""
        self._line.say("state", call=self.call, hand=up)

    def mutes(self, muted: bool) -> None:
        """*6"""
        self._line.say("state", call=self.call, muted=muted)

    def speaks(self) -> None:
        """Sound flows until `is_silent`: a tone, sealed with the keys of the epoch in force."""
        self._speaking = threading.Event()
        self._voice = threading.Thread(target=self._talk, args=(self._speaking, self.is_admitted()))
        self._voice.start()

    def is_silent(self) -> None:
        """Stop speaking."""
        if self._speaking is not None and self._voice is not None:
            self._speaking.set()
            self._voice.join()

    # what becomes of it

    def is_admitted(self) -> int:
        """Wait for the seat; its index."""
        message = until(lambda: self._line.last("admitted", self.call), "the caller to be admitted")
        return int(message["index"])

    def is_held(self) -> str:
        """Wait until the caller is in the lobby again; why."""
        return str(until(lambda: self._line.last("held", self.call), "the caller to be held")["why"])

    def is_removed(self) -> str:
        """Wait until the relay has forgotten the call; why."""
        return str(until(lambda: self._line.last("removed", self.call), "the caller to be removed")["why"])

    def is_muted_by_the_host(self) -> None:
        """Wait for the host's mute."""
        until(lambda: self._line.last("muted", self.call), "the caller to be muted")

    def holds_the_key(self) -> None:
        """Wait until the newest epoch opens the sound for this caller."""
        until(lambda: self.base() is not None, "a key for the caller")

    def holds_no_key(self) -> None:
        """Wait until the newest epoch has nothing for this caller."""
        until(lambda: self.base() is None, "an epoch without a key for the caller")

    def base(self) -> bytes | None:
        """The base key of class audio that the newest epoch seals to this call, or None."""
        epoch = self._line.epoch()
        if epoch is None or self.call not in (epoch.gw_seal or {}):
            return None
        return open_as_gateway(epoch, self.call, self._private)

    def _talk(self, stop: threading.Event, index: int) -> None:
        encoder = av.CodecContext.create("libopus", "w")
        encoder.sample_rate, encoder.layout, encoder.format = 48_000, "mono", "s16"  # type: ignore[attr-defined]
        encoder.options = {"frame_duration": "20"}
        tone = (9000 * np.sin(2 * np.pi * 440 * np.arange(960) / 48_000)).astype(np.int16)
        sequence, due = 0, time.monotonic()
        while not stop.wait(max(0.0, due - time.monotonic())):
            frame = av.AudioFrame.from_ndarray(tone.reshape(1, -1), format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 48_000, sequence * 960, Fraction(1, 48_000)
            for packet in encoder.encode(frame):  # type: ignore[attr-defined]
                self._say(index, sequence, bytes(packet))
            sequence += 1
            due += FRAME_SECONDS

    def _say(self, index: int, sequence: int, opus: bytes) -> None:
        base, epoch = self.base(), self._line.epoch()
        if base is None or epoch is None:
            return
        self._frames.set_epoch(epoch.n, index, {FrameClass.AUDIO: base}, time.monotonic() * 1000)
        sealed = self._frames.seal(FrameClass.AUDIO, opus)
        head = struct.pack("!BBHII", 0x90, 111, sequence & 0xFFFF, sequence * 960, index + 1000)
        self._line.sound(index, head + struct.pack("!HHBBxx", 0xBEDE, 1, _LEVEL, 10) + sealed)
