"""`python -m bench loss`: random loss both ways; what is left of pictures and sound.

Two participants send to each other; each of their four connections drops its share of datagrams of every
kind, in and out, from fixed seeds. A picture counts as kept when all its packets arrived within half a
second of the first and it builds on nothing that was lost: after a lost one, only the next key frame
counts again, as in a real decoder.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.client.frames import STAMP, descriptor_length
from bench.client.network import Network, Script
from bench.client.receiver import Packet, Receiver, ReceiveStream
from bench.client.sources import FRAME_PACKETS
from bench.load import Pump, Shape
from bench.meetings import fresh_relay
from bench.processes import measuring

_PATIENCE_NS = 500_000_000
_WARM_UP_SECONDS = 2.0


@dataclass(frozen=True)
class Outcome:
    """What one receiver kept of one sender."""

    frames: int
    frames_kept_pct: float
    frames_whole_pct: float
    keyframes_asked: int
    sound_packets_pct: float
    longest_sound_gap_ms: float


@dataclass
class _Frame:
    began_ns: int
    pieces: set[int] = field(default_factory=set)
    key: bool = False
    whole: bool = False


class Judge:
    """Watches one subscribing connection; `poll` asks for key frames as a decoder would."""

    def __init__(self, receiver: Receiver) -> None:
        self.sound_arrivals: list[int] = []
        self.asked = 0
        self._receiver = receiver
        self._frames: dict[int, _Frame] = {}
        self._video: ReceiveStream | None = None
        self._judged = -1
        self._broken = False
        self._waiting_since = 0
        receiver.observer = self._observe

    def _observe(self, stream: ReceiveStream, packet: Packet) -> None:
        if stream.kind == "audio":
            self.sound_arrivals.append(packet.arrival_ns)
            return
        self._video = stream
        _, _, _, _, counter, number, sent_ns = STAMP.unpack(packet.payload[-STAMP.size :])
        frame = self._frames.setdefault(number, _Frame(sent_ns))
        frame.pieces.add(counter)
        if packet.payload[0] & 0x10:
            frame.key = not packet.payload[descriptor_length(packet.payload, 0)] & 1
        in_time = packet.arrival_ns - frame.began_ns <= _PATIENCE_NS
        if len(frame.pieces) == FRAME_PACKETS and in_time:
            frame.whole = True

    def poll(self, now_ns: int) -> None:
        """Judge the frames whose time is up; ask for a key frame while the picture is broken."""
        if not self._frames:
            return
        if self._judged < 0:
            self._judged = min(self._frames)
        newest = max(self._frames)
        while self._judged < newest:
            frame = self._frames.get(self._judged)
            since = frame.began_ns if frame else self._began_after(self._judged)
            if frame is not None and frame.whole:
                self._broken = self._broken and not frame.key
            elif now_ns - since > _PATIENCE_NS:
                self._broken = True
            else:
                break
            self._judged += 1
        if self._broken and self._video is not None and now_ns - self._waiting_since > _PATIENCE_NS:
            self._waiting_since = now_ns
            self.asked += 1
            self._receiver.request_keyframe(self._video)

    def _began_after(self, number: int) -> int:
        """When the frame after a wholly missing one began."""
        while number not in self._frames:
            number += 1
        return self._frames[number].began_ns

    def outcome(self, first: int, last: int, sound_sent: int, since_ns: int) -> Outcome:
        """The verdict on frames `first` … `last - 1` and the sound since a time."""
        kept = whole = 0
        running = True
        for number in range(first, last):
            frame = self._frames.get(number)
            complete = frame is not None and frame.whole
            running = complete and (running or (frame is not None and frame.key))
            whole += complete
            kept += running
        arrivals = sorted(t for t in self.sound_arrivals if t >= since_ns)
        gaps = [later - earlier for earlier, later in itertools.pairwise(arrivals)]
        frames = last - first
        return Outcome(
            frames=frames,
            frames_kept_pct=round(100 * kept / max(frames, 1), 2),
            frames_whole_pct=round(100 * whole / max(frames, 1), 2),
            keyframes_asked=self.asked,
            sound_packets_pct=round(100 * len(arrivals) / max(sound_sent, 1), 2),
            longest_sound_gap_ms=round(max(gaps, default=0) / 1e6, 1),
        )


def arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommand's options."""
    parser.add_argument("--loss", type=float, default=0.05, help="share lost on each way")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--json", type=Path)


def main(options: argparse.Namespace) -> int:
    """Run and report; fails below the figures of the project."""
    with measuring():
        outcomes = asyncio.run(_run(options.loss, options.seconds))
    print("| frames | kept | whole | key frames asked | sound packets | longest gap in sound |")
    print("|---|---|---|---|---|---|")
    for outcome in outcomes:
        print(
            f"| {outcome.frames} | {outcome.frames_kept_pct} % | {outcome.frames_whole_pct} % "
            f"| {outcome.keyframes_asked} | {outcome.sound_packets_pct} % "
            f"| {outcome.longest_sound_gap_ms} ms |"
        )
    if options.json:
        options.json.write_text(json.dumps([asdict(o) for o in outcomes], indent=1) + "\n")
    good = all(o.frames_kept_pct >= 95 and o.longest_sound_gap_ms <= 200 for o in outcomes)
    return 0 if good else 1


async def _run(loss: float, seconds: float) -> list[Outcome]:
    async with fresh_relay() as relay:
        fill, participants = await relay.fill(Shape.parse("mesh:2"))
        judges = [Judge(downlink.receiver) for downlink in fill.downlinks]
        pump = Pump(fill)
        await pump.run(_WARM_UP_SECONDS)
        for number, link in enumerate(fill.links):
            link.transport.uplink = Network(Script(loss), seed=2 * number)
            link.transport.downlink = Network(Script(loss), seed=2 * number + 1)
        first = [camera.frames for camera in fill.cameras]
        sound = [microphone.packets for microphone in fill.microphones]
        since_ns, end = time.time_ns(), time.monotonic() + seconds
        while time.monotonic() < end:
            await pump.run(0.05)
            for judge in judges:
                judge.poll(time.time_ns())
        last = [camera.frames for camera in fill.cameras]
        spoken = [m.packets - s for m, s in zip(fill.microphones, sound, strict=True)]
        await pump.run(1.0)  # repairs of the last frames
        outcomes = [
            judges[1 - sender].outcome(first[sender] + 1, last[sender], spoken[sender], since_ns)
            for sender in (0, 1)
        ]
        for participant in participants:
            await participant.leave()
        return outcomes
