"""`python -m bench relay`: CPU per forwarded packet, added latency and memory, OnMeet beside Janus.

Real ICE and DTLS-SRTP clients on one core, the server on the other; every row is the median of several runs
taken in turn (onmeet, janus, onmeet, …); disturbed runs are thrown away, counted and repeated. OnMeet's
clients speak to the relay's internal Unix socket: the web process takes no part in forwarding.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path

from bench.client import janus
from bench.client.connection import Workshop
from bench.client.onmeet import LinkClosed
from bench.load import Fill, Shape, settle
from bench.measure import Row, Run, measure, median_row
from bench.meetings import fresh_relay
from bench.processes import cores, measuring, resident_kb
from bench.servers import start_janus

DEFAULT_SHAPES = "fan:1,fan:5,fan:20,mesh:5,mesh:10,rooms:8:5"
MAX_REPEATS = 4  # of disturbed runs, per shape and server

Runner = Callable[[Shape, float], Awaitable[Run]]


def arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommand's options."""
    parser.add_argument("--shapes", default=DEFAULT_SHAPES, help="comma-separated shapes")
    parser.add_argument("--janus", action="store_true", help="compare with Debian's Janus")
    parser.add_argument("--seconds", type=float, default=8.0, help="measured time of a run")
    parser.add_argument("--runs", type=int, default=3, help="runs of each row")
    parser.add_argument("--json", type=Path, help="write the rows to a file")


def main(options: argparse.Namespace) -> int:
    """Run the comparison and report."""
    shapes = [Shape.parse(text) for text in options.shapes.split(",")]
    return asyncio.run(_compare(shapes, options))


async def _compare(shapes: list[Shape], options: argparse.Namespace) -> int:
    servers: dict[str, Runner] = {"onmeet": run_onmeet}
    if options.janus:
        servers["janus"] = run_janus
    rows: list[Row] = []
    discarded: list[str] = []
    with measuring():
        for shape in shapes:
            rows += await _rows(shape, servers, options, discarded)
    print(table(rows))
    print(f"{len(discarded)} runs thrown away" + "".join(f"\n  {text}" for text in discarded))
    if options.json:
        report = {"rows": [asdict(row) for row in rows], "discarded": discarded}
        options.json.write_text(json.dumps(report, indent=1) + "\n")
    return 0 if len(rows) == len(shapes) * len(servers) else 1


async def _rows(
    shape: Shape, servers: dict[str, Runner], options: argparse.Namespace, discarded: list[str]
) -> list[Row]:
    kept: dict[str, list[Run]] = {name: [] for name in servers}
    repeats = dict.fromkeys(servers, 0)
    while pending := [
        name for name in servers if len(kept[name]) < options.runs and repeats[name] <= MAX_REPEATS
    ]:
        for name in pending:
            try:
                run = await servers[name](shape, options.seconds)
            except (TimeoutError, LinkClosed, janus.JanusError) as error:
                repeats[name] += 1
                discarded.append(f"{shape.name} {name}: could not be filled: {error!r}")
                continue
            print(describe(run), flush=True)
            if run.faults:
                repeats[name] += 1
                discarded.append(f"{shape.name} {name}: {'; '.join(run.faults)}")
            else:
                kept[name].append(run)
    return [median_row(runs) for runs in kept.values() if runs]


async def run_onmeet(shape: Shape, seconds: float) -> Run:
    """One run against a fresh relay."""
    async with fresh_relay() as relay:
        idle_kb = resident_kb(relay.pid)
        fill, participants = await relay.fill(shape)
        try:
            return await measure(fill, server="onmeet", pid=relay.pid, idle_kb=idle_kb, seconds=seconds)
        finally:
            fill.close()
            for participant in participants:
                await participant.drop()


async def run_janus(shape: Shape, seconds: float) -> Run:
    """One run against a fresh Janus."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        server, url, address = await start_janus(Path(folder), core=cores()[0])
        fill = Fill(shape)
        try:
            session = await janus.JanusSession.open(url)
            idle_kb = resident_kb(server.pid)
            await _join_janus(shape, session, (address, 9), fill)
            run = await measure(fill, server="janus", pid=server.pid, idle_kb=idle_kb, seconds=seconds)
            await session.close()
            return run
        finally:
            fill.close()
            await server.stop()


async def _join_janus(
    shape: Shape, session: janus.JanusSession, towards: tuple[str, int], fill: Fill
) -> None:
    workshop = Workshop.open()
    for room in range(1, shape.rooms + 1):
        await janus.create_room(session, room)
        feeds = []
        for index in range(shape.publishers):
            uplink, feed = await janus.publish(session, room, workshop, towards)
            fill.add_publisher(uplink, index)
            feeds.append(feed)
        await settle(fill)
        for place in range(shape.publishers + shape.listeners):
            own = feeds[place] if place < shape.publishers else None
            wanted = [feed for feed in feeds if feed != own]
            if wanted:
                fill.downlinks.append(await janus.subscribe(session, room, wanted, workshop))
        await settle(fill)


def describe(run: Run) -> str:
    """One line about a single run."""
    row = run.row
    verdict = "; ".join(run.faults) or "kept"
    return (
        f"{row.shape:10} {row.server:7} {row.cpu_us_per_forward:7.2f} µs/forward "
        f"{row.forwards_per_s:8.0f}/s  p50 {row.p50_ms:.3f} p99 {row.p99_ms:.3f} ms  "
        f"server {run.server_pct} % load {run.load_pct} % others {run.foreign_pct} %  [{verdict}] "
        f"{run.feedback}"
    )


def table(rows: list[Row]) -> str:
    """The report as a Markdown table, with OnMeet's ratio to Janus where both ran."""
    by_key = {(row.shape, row.server): row for row in rows}
    lines = [
        "| load | server | CPU µs per forward | ratio | forwards/s | delivered | p50 ms | p99 ms "
        "| kB a participant | steal % |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        other = by_key.get((row.shape, "janus"))
        ratio = ""
        if row.server == "onmeet" and other is not None:
            ratio = f"{row.cpu_us_per_forward / other.cpu_us_per_forward:.2f}"
        lines.append(
            f"| {row.shape} | {row.server} | {row.cpu_us_per_forward:.1f} | {ratio} "
            f"| {row.forwards_per_s:,.0f} | {100 * row.delivered:.1f} % | {row.p50_ms:.2f} "
            f"| {row.p99_ms:.2f} | {row.kb_per_participant:.0f} | {row.steal_pct:.1f} |"
        )
    return "\n".join(lines)
