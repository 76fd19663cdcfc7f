"""What forwarding itself costs: a full mesh of cameras and microphones, with sinks that only count.

    python -m bench.router [--people 10] [--seconds 5] [--profile]

Everything is on: SFrame check, transport-wide feedback, receiver reports, history, levels, layers, and a
subscriber's usual reports. SRTP and sockets are not in the figure. Prints µs of CPU per forwarded packet.
"""

from __future__ import annotations

import argparse
import json
import os
import time

from onmeet.relay.interface import DownSpec, Source, TrackSpec
from onmeet.relay.router import Downlink, Router, Uplink
from onmeet.rtp import extensions, feedback, packets, rtcp, vp8

MID_ID, LEVEL_ID, TRANSPORT_ID, STAMP_ID = 1, 2, 3, 4
OPUS, VP8, RTX = 111, 96, 97
VIDEO_EVERY, FRAME_PACKETS, VIDEO_PAYLOAD = 1 / 30, 7, 1050  # about 1.8 Mbit/s
AUDIO_EVERY, AUDIO_PAYLOAD = 0.02, 80
TICK = 0.02
WARM_UP = 6.0  # s until the estimators have let every layer through


class CountingSink:
    """Takes packets and does nothing with them."""

    __slots__ = ("feedback", "packets")

    def __init__(self) -> None:
        self.packets = self.feedback = 0

    def send_rtp(self, packet: bytes | bytearray | memoryview) -> None:
        self.packets += 1

    def send_rtcp(self, packet: bytes) -> None:
        self.feedback += 1


class Quiet:
    """A listener that nobody listens to."""

    def speakers(self, indexes: tuple[int, ...]) -> None: ...

    def quality(self, levels: dict[int, int]) -> None: ...

    def refused(self, index: int, source: Source, count: int) -> None:
        raise AssertionError("the load is well-formed")

    def demand(self, index: int, source: Source, rids: tuple[str, ...]) -> None: ...


def specs() -> list[TrackSpec]:
    """A microphone and a camera, as a browser offers them."""
    ids = {extensions.MID: MID_ID, extensions.AUDIO_LEVEL: LEVEL_ID, extensions.TRANSPORT_CC: TRANSPORT_ID}
    return [
        TrackSpec("0", "audio", "microphone", {OPUS: "opus"}, {}, ids),
        TrackSpec("1", "video", "camera", {VP8: "VP8", RTX: "rtx"}, {RTX: VP8}, ids),
    ]


class Person:
    """One participant: makes packets beforehand, so that making them is not measured."""

    def __init__(self, router: Router, index: int) -> None:
        self.index = index
        self.uplink: Uplink = router.add_uplink(index, CountingSink())
        self.sink = CountingSink()
        self.downlink: Downlink = router.add_downlink(index, self.sink)
        self.tracks = self.uplink.set_tracks(specs())
        self.transport = 0
        self.numbers = {"0": 0, "1": 0}
        self.subscribed: list[DownSpec] = []

    def subscribe(self, others: list[Person]) -> None:
        for other in others:
            for place, track in enumerate(other.tracks):
                ssrc = 0x10000000 + self.index * 1000 + other.index * 10 + place * 2
                spec = (
                    DownSpec(ssrc, ssrc + 1, VP8, RTX, STAMP_ID)
                    if place
                    else DownSpec(ssrc, None, OPUS, None, STAMP_ID)
                )
                self.downlink.subscribe(track, spec)
                self.subscribed.append(spec)

    def audio(self) -> bytes:
        number = self._number("0")
        kid = (1 << 14 | self.index << 4).to_bytes(2, "big")
        payload = b"\x99" + kid + number.to_bytes(2, "big") + bytes(AUDIO_PAYLOAD)
        level = 25 if self.index < 2 else 60
        return packets.build(
            OPUS,
            number,
            number * 960,
            0x100 + self.index,
            payload,
            extensions=self._block("0", (LEVEL_ID, bytes((0x80 | level,)))),
        )

    def frame(self, count: int) -> list[bytes]:
        kid = (2 << 14 | self.index << 4).to_bytes(2, "big")
        out = []
        for place in range(FRAME_PACKETS):
            number = self._number("1")
            payload = vp8.build(start=place == 0, picture_id=count & 0x7FFF, tl0=count & 0xFF, tid=0)
            if place == 0 and count % 60 == 0:
                payload += b"\x10\0\0\x9d\x01\x2a\x00\x05\xd0\x02\x9b" + kid + bytes(4)
            elif place == 0:
                payload += b"\x11\x9b" + kid + bytes(4)
            out.append(
                packets.build(
                    VP8,
                    number,
                    count * 3000,
                    0x200 + self.index,
                    payload + bytes(VIDEO_PAYLOAD),
                    marker=place == FRAME_PACKETS - 1,
                    extensions=self._block("1"),
                )
            )
        return out

    def _number(self, mid: str) -> int:
        self.numbers[mid] += 1
        return self.numbers[mid] & 0xFFFF

    def _block(self, mid: str, *more: tuple[int, bytes]) -> bytes:
        self.transport = (self.transport + 1) & 0xFFFF
        number = self.transport.to_bytes(2, "big")
        return extensions.block([(MID_ID, mid.encode()), (TRANSPORT_ID, number), *more])

    def report(self) -> bytes:
        """What a browser says once a second: a block for every source, and a REMB."""
        blocks = [rtcp.ReportBlock(spec.ssrc, 0, 0, 70000, 20, 0, 0) for spec in self.subscribed]
        return rtcp.receiver_report(2, blocks) + feedback.remb(2, 50_000_000, [blocks[0].ssrc])


def load(people: list[Person], seconds: float) -> list[tuple[float, Person, bytes]]:
    """Every packet that arrives, in order of time."""
    moments: list[tuple[float, int, bool, int]] = []
    for person in people:
        shift = person.index * 0.0013
        moments += [
            (n * AUDIO_EVERY + shift, person.index, True, n) for n in range(int(seconds / AUDIO_EVERY))
        ]
        moments += [
            (n * VIDEO_EVERY + shift, person.index, False, n) for n in range(int(seconds / VIDEO_EVERY))
        ]
    moments.sort()
    events: list[tuple[float, Person, bytes]] = []
    for at, index, sound, number in moments:
        person = people[index]
        made = [person.audio()] if sound else person.frame(number)
        events += [(at, person, data) for data in made]
    return events


def run(people_count: int, seconds: float) -> dict[str, float]:
    """Drive a router with the load; CPU time per forwarded packet."""
    now = 1000.0
    router = Router(lambda: now, Quiet())
    people = [Person(router, index) for index in range(people_count)]
    for person in people:
        person.subscribe([other for other in people if other is not person])
        person.downlink.view({f"{other.index}:camera": (1280, 720) for other in people})
    events = load(people, WARM_UP + seconds)
    reports = [person.report() for person in people]
    next_tick, next_report = now, now + 1.0
    started, before = time.process_time(), 0
    warm = False
    for at, person, data in events:
        now = 1000.0 + at
        if not warm and at >= WARM_UP:
            warm, started, before = True, time.process_time(), router.counters.packets_out
        while now >= next_tick:
            router.tick(next_tick)
            next_tick += TICK
        if now >= next_report:
            for one, report in zip(people, reports, strict=True):
                one.downlink.on_rtcp(report, now)
            next_report += 1.0
        person.uplink.on_rtp(data, now)
    spent = time.process_time() - started
    forwarded = router.counters.packets_out - before
    return {
        "people": people_count,
        "forwards_per_s": round(forwarded / seconds),
        "cpu_us_per_forward": round(1e6 * spent / max(1, forwarded), 3),
    }


def main() -> None:
    """Command line of the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--profile", action="store_true", help="print where the time goes")
    options = parser.parse_args()
    if options.profile:
        import cProfile

        cProfile.runctx("run(options.people, options.seconds)", globals(), locals(), sort="tottime")
        return
    print(json.dumps(run(options.people, options.seconds) | {"load": os.getloadavg()[0]}))


if __name__ == "__main__":
    main()
