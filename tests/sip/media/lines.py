"""A simulated line: a sender, a network with scripted faults, a playout; and measures of sound."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sip.interface import CodecName
from sip.media import codecs
from sip.media.playout import Playout

START = 1000.0
"""The simulated clock's time when the sender begins."""

LEVEL = 7218
"""Amplitude of a sine of -10 dBm0, the level of ITU-T G.712 §10 (0 dBm0 is 3.14 dB below overload)."""


def tone(seconds: float, hertz: float = 1020.0, amplitude: float = LEVEL) -> NDArray[np.int16]:
    """A sine of 16 kHz."""
    at = np.arange(round(seconds * 16000)) / 16000
    return np.rint(amplitude * np.sin(2 * np.pi * hertz * at)).astype(np.int16)


def signal_to_noise(sound: NDArray[np.int16], rate: int, hertz: float) -> float:
    """dB between the tone in `sound` and all else."""
    at = np.arange(len(sound)) / rate
    basis = np.stack([np.sin(2 * np.pi * hertz * at), np.cos(2 * np.pi * hertz * at), np.ones(len(at))], 1)
    weights, *_ = np.linalg.lstsq(basis, sound.astype(float), rcond=None)
    fitted = basis[:, :2] @ weights[:2]
    rest = sound - fitted
    return float(10 * np.log10(np.dot(fitted, fitted) / np.dot(rest, rest)))


def roughness(sound: NDArray[np.int16], hertz: float, rate: int) -> float:
    """The worst click: how far any sample is from what two before it foretell in a sine, by its amplitude.

    A pure sine obeys x[n] = 2 cos(w) x[n-1] - x[n-2] at any phase and level; a step of its height gives 1.
    """
    values = sound.astype(float)
    foretold = 2 * np.cos(2 * np.pi * hertz / rate) * values[1:-1] - values[:-2]
    return float(np.max(np.abs(values[2:] - foretold))) / LEVEL


@dataclass
class Line:
    """Sends `sound` through a codec and a network, and reads it back from a playout 50 times a second.

    delay: (number) -> seconds on the way; lost: (number) -> bool; unsent: the same, but for packets that the
    sender leaves out, so that sequence numbers have no gap; skew: ppm by which the sender is fast.
    """

    sound: NDArray[np.int16]
    codec: CodecName = "PCMA"
    delay: Callable[[int], float] = lambda number: 0.02
    lost: Callable[[int], bool] = lambda number: False
    unsent: Callable[[int], bool] = lambda number: False
    skew: float = 0.0
    ptime: int = 20
    phase: float = 0.0073  # s between a packet's arrival and the next read, at first
    first_timestamp: int = 0xFFFFF000
    playout: Playout = field(init=False)
    heard: NDArray[np.int16] = field(init=False)
    verdicts: dict[str, int] = field(default_factory=dict)
    delays: list[float] = field(default_factory=list)

    def run(self) -> Line:
        """All of it; the results are in `heard`, `verdicts` and `playout`."""
        encoder = codecs.make(self.codec)
        self.playout = Playout(self.codec, seed=1)
        octets = b"".join(encoder.encode(self.sound[at : at + 320]) for at in range(0, len(self.sound), 320))
        size = self.ptime * 8
        every = self.ptime / 1000 / (1 + self.skew * 1e-6)
        events: list[tuple[float, int]] = []
        indexes: dict[int, int] = {}
        for number in range(len(octets) // size):
            if self.unsent(number):
                continue
            indexes[number] = 100 + len(indexes)
            if not self.lost(number):
                heapq.heappush(events, (START + (number + 1) * every + self.delay(number), number))
        end = START + len(octets) / size * every
        frames, beat = [], 0
        while (now := START + 0.02 + self.phase + 0.02 * beat) < end:
            while events and events[0][0] <= now:
                arrival, number = heapq.heappop(events)
                verdict = self.playout.put(
                    indexes[number],
                    (self.first_timestamp + number * size) & 0xFFFFFFFF,
                    octets[number * size : (number + 1) * size],
                    arrival,
                )
                self.verdicts[verdict] = self.verdicts.get(verdict, 0) + 1
            frames.append(self.playout.read(now))
            self.delays.append(self.playout.delay)
            beat += 1
        self.heard = np.concatenate(frames)
        return self


def uniform_jitter(most: float, seed: int = 1, base: float = 0.02) -> Callable[[int], float]:
    """A delay between `base` and `base + most` seconds, each as likely."""
    source = random.Random(seed)
    return lambda _number: base + source.uniform(0.0, most)


def random_loss(share: float, seed: int = 2) -> Callable[[int], bool]:
    """Loses that share of packets, independently."""
    source = random.Random(seed)
    return lambda _number: source.random() < share
