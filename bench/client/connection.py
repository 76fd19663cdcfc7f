"""A publishing and a subscribing connection: SDP on one side, packets on the other."""

from __future__ import annotations

import time
from dataclasses import dataclass

from bench.client import sdp
from bench.client.batch import Batch
from bench.client.dtls import Identity
from bench.client.receiver import Receiver
from bench.client.sdp import Description, LocalTransport, SendLine
from bench.client.sender import Sender, SendStream
from bench.client.transport import MediaSink, Transport

SIMULCAST_RIDS = ("q", "h", "f")


@dataclass(frozen=True)
class Workshop:
    """What all connections of a process share."""

    identity: Identity
    batch: Batch

    @classmethod
    def open(cls) -> Workshop:
        """A certificate and receive slots."""
        return cls(Identity(), Batch())


class _Forward:
    """A sink that is set after the transport that feeds it."""

    target: MediaSink

    def on_rtp(self, buffer: memoryview, start: int, length: int, arrival_ns: int) -> None:
        self.target.on_rtp(buffer, start, length, arrival_ns)

    def on_rtcp(self, packet: bytes, arrival_ns: int) -> None:
        self.target.on_rtcp(packet, arrival_ns)


class Uplink:
    """A publishing connection: `offer()` → the server → `accept(answer)`."""

    def __init__(
        self,
        workshop: Workshop,
        server: tuple[str, int],
        *,
        microphone: bool = True,
        camera: bool = True,
        rids: tuple[str, ...] = (),
    ) -> None:
        sink = _Forward()
        self.transport = Transport(workshop.identity, workshop.batch, sink)
        self.transport.open(server)
        self.sender = Sender(self.transport)
        sink.target = self.sender
        self.microphone: SendStream | None = None
        self.camera: list[SendStream] = []
        self._lines: list[SendLine] = []
        extensions = sdp.OFFERED_EXTENSIONS
        if microphone:
            self.microphone = self.sender.add(SendStream("0", "audio", extensions))
            self._lines.append(SendLine("0", "audio", self.microphone.ssrc, None))
        if camera:
            self._add_camera(rids)

    def _add_camera(self, rids: tuple[str, ...]) -> None:
        for rid in rids or ("",):
            stream = SendStream("1", "video", sdp.OFFERED_EXTENSIONS, rid)
            stream.rtx_ssrc = (stream.ssrc + 1) & 0xFFFFFFFF
            self.camera.append(self.sender.add(stream))
        first = self.camera[0]
        self._lines.append(SendLine("1", "video", first.ssrc, first.rtx_ssrc, rids))

    @property
    def sources(self) -> dict[str, str]:
        """MID → source, as OnMeet's signalling wants it."""
        names = {"audio": "microphone", "video": "camera"}
        return {line.mid: names[line.kind] for line in self._lines}

    def offer(self, setup: str = "actpass") -> str:
        """The whole SDP offer, with the current ICE credentials."""
        return sdp.offer(_local(self.transport), self._lines, setup)

    def accept(self, answer: str) -> None:
        """Take the answer; only what it names is sent in header extensions. Starts the checks."""
        description = sdp.parse(answer)
        negotiated = {media.mid: media.extensions for media in description.media}
        for stream in self.sender.streams.values():
            stream.extensions = negotiated.get(stream.mid, {})
            stream.__post_init__()
        self.transport.connect(description.remote(), time.monotonic())

    def poll(self, now: float) -> None:
        """Run socket and timers."""
        self.transport.poll(now)
        self.sender.poll(now)


class Downlink:
    """A subscribing connection: the server's offer → `answer(offer)`."""

    def __init__(self, workshop: Workshop, *, stamped: bool = True) -> None:
        sink = _Forward()
        self.transport = Transport(workshop.identity, workshop.batch, sink)
        self.receiver = Receiver(self.transport, stamped=stamped)
        sink.target = self.receiver
        self.description: Description | None = None

    def answer(self, offer: str) -> str:
        """Take an offer (the first, a renegotiation or an ICE restart) and write the answer."""
        self.description = sdp.parse(offer)
        remote = self.description.remote()
        previous = self.transport.ice
        if previous.remote_ufrag and previous.remote_ufrag != remote.ufrag:
            self.transport.restart()
        self.transport.open(remote.address)
        text = sdp.answer(self.description, _local(self.transport))
        self.receiver.learn(self.description)
        self.transport.connect(remote, time.monotonic())
        return text

    def poll(self, now: float) -> None:
        """Run socket and timers."""
        self.transport.poll(now)
        self.receiver.poll(now)


def _local(transport: Transport) -> LocalTransport:
    return LocalTransport(
        transport.ice.ufrag,
        transport.ice.password,
        transport.fingerprint,
        transport.local_address,
    )
