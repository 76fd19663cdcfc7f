"""`python -m bench churn`: joins and leaves in a row, and what is left of them in the relay.

Before and after, the relay holds one meeting of two that goes on all the time. In between, participants
come one after the other into that meeting: join, publish, receive, send for a moment, leave; every fifth
vanishes without a word. The relay's memory, threads and descriptors are read from /proc, its own counts
of peers and tracks from its metrics.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import struct
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.client.connection import Workshop
from bench.load import Fill, Pump, Shape
from bench.meetings import Relay, fresh_relay
from bench.processes import descriptor_count, resident_kb, thread_count

_ROOM = "room-0"
_WARM_UP_CYCLES = 50  # allocators and caches reach their size
_FRAME = struct.Struct("!BI")
_MOMENT_SECONDS = 0.02
_CYCLE_SECONDS = 0.15  # faster, and answering the offers would break the limit on messages
_STAYING = 2
_SETTLE_SECONDS = 10.0
_PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Standing:
    """What the relay holds at one time."""

    resident_kb: int
    threads: int
    descriptors: int
    counts: dict[str, Any]


def arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommand's options."""
    parser.add_argument("--cycles", type=int, default=500)
    parser.add_argument("--json", type=Path)


def main(options: argparse.Namespace) -> int:
    """Run and report; fails when memory grew by more than 5 % or anything is left."""
    before, after, seconds = asyncio.run(_run(options.cycles))
    growth = 100 * (after.resident_kb / before.resident_kb - 1)
    print("| | before | after |")
    print("|---|---|---|")
    print(f"| resident memory, kB | {before.resident_kb} | {after.resident_kb} ({growth:+.1f} %) |")
    print(f"| threads | {before.threads} | {after.threads} |")
    print(f"| descriptors | {before.descriptors} | {after.descriptors} |")
    for name in before.counts:
        print(f"| {name} | {before.counts[name]} | {after.counts[name]} |")
    print(f"{options.cycles} joins and leaves in {seconds:.1f} s")
    if options.json:
        report = {"before": asdict(before), "after": asdict(after), "growth_pct": round(growth, 2)}
        options.json.write_text(json.dumps(report, indent=1) + "\n")
    same = (before.threads, before.descriptors, before.counts) == (
        after.threads,
        after.descriptors,
        after.counts,
    )
    return 0 if growth <= 5 and same else 1


async def _run(cycles: int) -> tuple[Standing, Standing, float]:
    async with fresh_relay(pinned=False) as relay:
        fill, participants = await relay.fill(Shape.parse("mesh:2"))
        pump = Pump(fill)
        await pump.run(1.0)
        await _cycles(relay, pump, _WARM_UP_CYCLES)
        before = await _standing(relay, pump)
        start = time.monotonic()
        await _cycles(relay, pump, cycles)
        seconds = time.monotonic() - start
        after = await _standing(relay, pump)
        fill.close()
        for participant in participants:
            await participant.leave()
        return before, after, seconds


async def _cycles(relay: Relay, pump: Pump, count: int) -> None:
    workshop = Workshop.open()
    for number in range(count):
        start = time.monotonic()
        await _visit(relay, workshop, pump, vanish=number % 5 == 4)
        await pump.run(max(0.0, start + _CYCLE_SECONDS - time.monotonic()))


async def _visit(relay: Relay, workshop: Workshop, pump: Pump, *, vanish: bool) -> None:
    """One participant comes, sends, receives and goes, while the meeting goes on."""
    visitor = await relay.enter(_ROOM, workshop)
    uplink = await visitor.publish(relay.media)
    fill = Fill(Shape("visitor", 1, 1, 0))
    fill.add_publisher(uplink, visitor.index)

    def arrived() -> bool:
        downlink = visitor.downlink
        return uplink.transport.state == "connected" and (
            downlink is not None and downlink.receiver.received > 0
        )

    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not arrived():
            visitor.poll(time.monotonic())
            await pump.run(0.002)
    own = Pump(fill)
    await own.run(_MOMENT_SECONDS)
    if vanish:
        for transport in visitor.transports:
            transport.vanish()
    await visitor.leave()
    await pump.run(0.005)


async def _standing(relay: Relay, pump: Pump) -> Standing:
    """Once the relay has handled the last farewell, or clearly never will."""
    counts = await _metrics(relay.path)
    end = time.monotonic() + _SETTLE_SECONDS
    while counts["participants"] > _STAYING and time.monotonic() < end:
        await pump.run(0.1)
        counts = await _metrics(relay.path)
    return Standing(
        resident_kb=resident_kb(relay.pid),
        threads=thread_count(relay.pid),
        descriptors=descriptor_count(relay.pid),
        counts=counts,
    )


async def _metrics(path: Path) -> dict[str, Any]:
    """What is alive in the relay, by its own count."""
    reader, writer = await asyncio.open_unix_connection(str(path))
    query = json.dumps({"query": "metrics"}).encode()
    writer.write(_FRAME.pack(ord("Q"), len(query)) + query)
    _, length = _FRAME.unpack(await reader.readexactly(_FRAME.size))
    reply = json.loads(await reader.readexactly(length))
    writer.close()
    await writer.wait_closed()
    media = reply["media"]
    alive = {name: reply[name] for name in ("rooms", "participants")}
    return alive | {name: media[name] for name in ("publishers", "subscribers", "connected", "tracks")}
