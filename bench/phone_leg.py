"""What the sound of one telephone leg costs, how late it is and how clean: part of `bench phone`.

    python -m bench.phone_leg [--seconds 20] [--json FILE]

`steps` measures each step alone, `legs` two whole legs on loopback sockets that talk to each other as fast as
they can on a clock of their own, `sound` a simulated line in simulated time. CPU figures are ms of this
process for each second of sound; delays are what the leg adds to the network and to the phone's own packet.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from onmeet.rtp import packets
from sip.interface import Agreement, CodecName, SrtpKeys
from sip.media import codecs
from sip.media.concealment import Concealment
from sip.media.g711 import ALAW
from sip.media.inband import ToneDetector
from sip.media.leg import Leg
from sip.media.noise import ComfortNoise, level_of
from sip.media.resample import Downsampler, Upsampler
from sip.media.srtp import Srtp
from tests.sip.media.lines import START, Line, random_loss, roughness, signal_to_noise, tone, uniform_jitter

FRAMES = 50  # a second
PAYLOAD_TYPES: dict[CodecName, int] = {"PCMU": 0, "PCMA": 8, "G722": 9}
ROUNDS = 3  # the best counts: the machine may have other work


@dataclass(frozen=True)
class Cost:
    """ms of CPU for a second of sound."""

    what: str
    ms_per_second: float


@dataclass(frozen=True)
class Sound:
    """What one network does to a tone of -10 dBm0. delay: from microphone to ear but for the network, p50."""

    line: str
    codec: str
    snr_db: float
    level_db: float
    roughness: float
    concealed_pct: float
    delay_ms: float


def cost(what: str, step: Callable[[], object], count: int = 1000) -> Cost:
    """One step, called 50 times for a second of sound."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        for _ in range(count):
            step()
        best = min(best, time.process_time() - start)
    return Cost(what, round(best / count * FRAMES * 1000, 3))


def steps() -> list[Cost]:
    """Each step of a leg, alone."""
    wide = tone(0.02)
    narrow = Downsampler().feed(wide)
    octets = ALAW.encode(narrow)
    down, up, g722 = Downsampler(), Upsampler(), codecs.make("G722")
    coded = g722.encode(wide)
    noise, tones = ComfortNoise(8000), ToneDetector(8000)
    noise.describe(bytes((40, 90, 140)))
    past = np.concatenate([narrow, narrow]).astype(np.float32)
    secured, sent = Srtp(SrtpKeys(bytes(30), bytes(30)), ssrc=1), iter(range(1 << 30))
    far = Srtp(SrtpKeys(bytes(30), bytes(30)), ssrc=1)
    sealed = iter([far.protect(packets.build(8, n, 0, 1, octets)) for n in range(ROUNDS * 1000)])
    return [
        cost("G.711 decode", lambda: ALAW.decode(octets)),
        cost("G.711 encode", lambda: ALAW.encode(narrow)),
        cost("G.722 decode", lambda: g722.decode(coded)),
        cost("G.722 encode", lambda: g722.encode(wide)),
        cost("8 to 16 kHz", lambda: up.feed(narrow)),
        cost("16 to 8 kHz", lambda: down.feed(wide)),
        cost("RTP build", lambda: packets.build(8, 1, 2, 3, octets)),
        cost("SRTP protect", lambda: secured.protect(packets.build(8, next(sent) & 0xFFFF, 0, 1, octets))),
        cost("SRTP unprotect", lambda: secured.unprotect(next(sealed))),
        cost("conceal, if every packet were lost", lambda: Concealment(past, 8000).make(160)),
        cost("comfort noise", lambda: noise.make(160)),
        cost("digits from tones", lambda: tones.feed(narrow)),
        cost("level", lambda: level_of(wide)),
    ]


class Ticking:
    """A clock that the bench moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


def _sockets() -> tuple[socket.socket, socket.socket]:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for one in made:
        one.bind(("127.0.0.1", 0))
    return made


def _pair(codec: CodecName, clock: Ticking, *, secured: bool, events: bool) -> tuple[Leg, Leg]:
    """Two legs that call each other."""
    ends = [_sockets(), _sockets()]
    keys = (bytes(range(30)), bytes(range(30, 60)))
    made = []
    for place in (0, 1):
        other = ends[1 - place]
        agreement = Agreement(
            remote=other[0].getsockname(),
            remote_rtcp=other[1].getsockname(),
            codec=codec,
            payload_type=PAYLOAD_TYPES[codec],
            event_type=101 if events else None,
            srtp=SrtpKeys(keys[place], keys[1 - place]) if secured else None,
        )
        made.append(Leg(*ends[place], agreement, on_digit=lambda _digit: None, clock=clock))
    return made[0], made[1]


async def _leg(codec: CodecName, seconds: float, *, secured: bool = False, events: bool = True) -> float:
    """ms of CPU for a second of sound of one leg: reading, writing, sockets and event loop."""
    clock = Ticking()
    legs = _pair(codec, clock, secured=secured, events=events)
    sound, frames = tone(1.0), round(seconds * FRAMES)
    start = time.process_time()
    for number in range(frames):
        at = number % FRAMES * 320
        for leg in legs:
            leg.write(sound[at : at + 320])
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        clock.now += 0.02
        for leg in legs:
            leg.read(clock.now)
    spent = time.process_time() - start
    lost = sum(leg.stats.lost + frames - leg.stats.received for leg in legs)
    for leg in legs:
        leg.close()
    if lost > 4:
        raise RuntimeError(f"{lost} packets lost on loopback")
    return spent / 2 / seconds * 1000


def legs(seconds: float) -> list[Cost]:
    """Whole legs."""
    kinds: list[tuple[str, CodecName, bool, bool]] = [
        ("whole leg, PCMA", "PCMA", False, True),
        ("whole leg, PCMA, digits from tones", "PCMA", False, False),
        ("whole leg, PCMA, SRTP", "PCMA", True, True),
        ("whole leg, G.722", "G722", False, True),
        ("whole leg, G.722, SRTP", "G722", True, True),
    ]
    return [
        Cost(
            what,
            round(
                min(asyncio.run(_leg(codec, seconds, secured=secured, events=events)) for _ in range(ROUNDS)),
                2,
            ),
        )
        for what, codec, secured, events in kinds
    ]


def _delay(line: Line) -> float:
    """Median ms from microphone to ear, without the network's 20 ms: when beeps begin to be heard."""
    found = []
    for second in range(4, int(len(line.sound) / 16000) - 1):
        rate = line.playout.rate
        at = round((second - 0.02 - line.phase) * rate)
        loud = np.abs(line.heard[at : at + rate // 2].astype(int)) > 2000
        if loud.any():
            found.append(int(np.argmax(loud)) / rate * 1000)
    widened = 2.5 if line.playout.rate == 8000 else 0.0  # the line ends before the resampler
    return float(np.median(found)) - 20 + widened


def sound(seconds: float) -> list[Sound]:
    """Tones and beeps through simulated networks."""
    networks: list[tuple[str, dict[str, object]]] = [
        ("steady", {}),
        ("jitter 0–20 ms", {"delay": 0.02}),
        ("jitter 0–40 ms", {"delay": 0.04}),
        ("jitter 0–80 ms", {"delay": 0.08}),
        ("loss 1 %", {"lost": 0.01}),
        ("loss 5 %", {"lost": 0.05}),
        ("loss 10 %", {"lost": 0.10}),
        ("loss 20 %", {"lost": 0.20}),
        ("sender 200 ppm fast", {"skew": 200.0}),
        ("sender 200 ppm slow", {"skew": -200.0}),
    ]
    kinds: list[tuple[CodecName, float]] = [("PCMA", 1020.0), ("PCMU", 1020.0), ("G722", 440.0)]
    return [
        _through(name, facts, codec, hertz, seconds) for name, facts in networks for codec, hertz in kinds
    ]


def _through(name: str, facts: dict[str, object], codec: CodecName, hertz: float, seconds: float) -> Sound:
    def network() -> dict[str, object]:
        known = dict(facts)
        if "delay" in known:
            known["delay"] = uniform_jitter(float(str(known["delay"])))
        if "lost" in known:
            known["lost"] = random_loss(float(str(known["lost"])))
        return known

    steady = tone(seconds, hertz)
    line = Line(steady, codec, **network()).run()  # type: ignore[arg-type]
    heard = line.heard[4 * line.playout.rate :]
    beeps = steady * (np.arange(len(steady)) % 16000 < 1600)
    return Sound(
        line=name,
        codec=codec,
        snr_db=round(signal_to_noise(heard, line.playout.rate, hertz), 1),
        level_db=round(level_of(heard) - level_of(steady), 2),
        roughness=round(roughness(heard, hertz, line.playout.rate), 3),
        concealed_pct=round(100 * line.playout.concealed / len(line.heard), 2),
        delay_ms=round(_delay(Line(beeps, codec, **network()).run()), 1),  # type: ignore[arg-type]
    )


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--json", type=Path)


def main(options: argparse.Namespace) -> int:
    """Run all and print tables."""
    costs = steps() + legs(options.seconds)
    sounds = sound(options.seconds)
    print("| step | ms of CPU a second of sound |\n|---|---|")
    for one in costs:
        print(f"| {one.what} | {one.ms_per_second} |")
    print("\n| line | codec | SNR dB | level dB | roughness | concealed % | mouth to ear, ms |")
    print("|---|---|---|---|---|---|---|")
    for row in sounds:
        print("| " + " | ".join(str(value) for value in asdict(row).values()) + " |")
    print(f"\nload of the machine: {os.getloadavg()[0]:.1f}")
    if options.json:
        report = {"costs": [asdict(one) for one in costs], "sound": [asdict(row) for row in sounds]}
        options.json.write_text(json.dumps(report, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    own = argparse.ArgumentParser(description=__doc__)
    arguments(own)
    raise SystemExit(main(own.parse_args()))
