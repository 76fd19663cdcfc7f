"""One measured run and what may be thrown away: the rules of a fair comparison."""

from __future__ import annotations

import statistics
import time
from dataclasses import asdict, dataclass

from bench.load import Fill, Pump, QuietCollector
from bench.processes import MachineTimes, cpu_seconds, resident_kb

WARM_UP_SECONDS = 2.0
MAX_RAMP_SECONDS = 20.0  # a bandwidth estimate starts low; measuring begins when everything flows
_RAMP_STEP_SECONDS = 0.5
MAX_STEAL_PCT = 5.0
MAX_DELIVERY_ERROR = 0.03


@dataclass(frozen=True)
class Row:
    """One line of the table; the JSON report holds exactly these fields."""

    shape: str
    server: str
    cpu_us_per_forward: float
    forwards_per_s: float
    delivered: float
    p50_ms: float
    p99_ms: float
    kb_per_participant: float
    steal_pct: float


@dataclass(frozen=True)
class Run:
    """One run: its row, and what the row does not say."""

    row: Row
    faults: tuple[str, ...]  # reasons to throw it away
    feedback: dict[str, int]  # what publishers received
    foreign_pct: float
    server_pct: float
    load_pct: float


async def measure(fill: Fill, *, server: str, pid: int, idle_kb: int, seconds: float) -> Run:
    """Warm up, run the load for a time and take the figures."""
    pump = Pump(fill)
    with QuietCollector():
        await _ramp_up(fill, pump)
        await pump.run(WARM_UP_SECONDS)
        for downlink in fill.downlinks:
            downlink.receiver.measuring = True
        sent, received = fill.sent, fill.received
        machine, cpu, own, start = (
            MachineTimes.now(),
            cpu_seconds(pid),
            time.process_time(),
            time.monotonic(),
        )
        await pump.run(seconds)
        elapsed = time.monotonic() - start
        server_cpu, own_cpu = cpu_seconds(pid) - cpu, time.process_time() - own
        after = MachineTimes.now()
        for downlink in fill.downlinks:
            downlink.receiver.measuring = False
        forwards, due = fill.received - received, fill.sent - sent
    latencies = sorted(ns for downlink in fill.downlinks for ns in downlink.receiver.latencies)
    memory = (resident_kb(pid) - idle_kb) / fill.shape.participants
    foreign = max(0.0, after.busy_seconds(machine) - server_cpu - own_cpu) / elapsed * 100
    row = Row(
        shape=fill.shape.name,
        server=server,
        cpu_us_per_forward=round(server_cpu / max(forwards, 1) * 1e6, 2),
        forwards_per_s=round(forwards / elapsed, 1),
        delivered=round(forwards / max(due, 1), 4),
        p50_ms=_percentile_ms(latencies, 0.50),
        p99_ms=_percentile_ms(latencies, 0.99),
        kb_per_participant=round(memory, 1),
        steal_pct=round(after.steal_pct(machine), 2),
    )
    return Run(
        row=row,
        faults=_faults(row, fill),
        feedback=_feedback(fill),
        foreign_pct=round(foreign, 1),
        server_pct=round(server_cpu / elapsed * 100, 1),
        load_pct=round(own_cpu / elapsed * 100, 1),
    )


async def _ramp_up(fill: Fill, pump: Pump) -> None:
    """Run until all that is sent arrives, or until it is clear that it never will."""
    end = time.monotonic() + MAX_RAMP_SECONDS
    while time.monotonic() < end:
        sent, received = fill.sent, fill.received
        await pump.run(_RAMP_STEP_SECONDS)
        due = fill.sent - sent
        if due and (fill.received - received) / due > 1 - MAX_DELIVERY_ERROR:
            return


def _percentile_ms(values: list[int], share: float) -> float:
    if not values:
        return 0.0
    return round(values[min(len(values) - 1, int(len(values) * share))] / 1e6, 3)


def _faults(row: Row, fill: Fill) -> tuple[str, ...]:
    streams = [s for d in fill.downlinks for s in d.receiver.streams.values()]
    corrupt = sum(s.corrupt for s in streams)
    unauthentic = sum(link.transport.unauthentic for link in fill.links)
    checks = {
        f"steal {row.steal_pct} %": row.steal_pct > MAX_STEAL_PCT,
        f"delivered {row.delivered}": abs(row.delivered - 1) > MAX_DELIVERY_ERROR,
        f"load fell behind: {row.forwards_per_s:.0f} of {fill.nominal:.0f} a second": (
            abs(row.forwards_per_s / fill.nominal - 1) > MAX_DELIVERY_ERROR
        ),
        f"{corrupt} corrupt packets": corrupt > 0,
        f"{unauthentic} packets not authentic": unauthentic > 0,
    }
    return tuple(text for text, failed in checks.items() if failed)


def _feedback(fill: Fill) -> dict[str, int]:
    totals: dict[str, int] = {}
    for uplink in fill.uplinks:
        for name, count in asdict(uplink.sender.counts).items():
            totals[name] = totals.get(name, 0) + count
    streams = [s for d in fill.downlinks for s in d.receiver.streams.values()]
    totals["sender_reports_received"] = sum(s.sender_report is not None for s in streams)
    totals["sequence_breaks"] = sum(s.counter_breaks for s in streams)
    totals["lost"] = sum(s.lost for s in streams)
    return totals


def median_row(runs: list[Run]) -> Row:
    """The row of medians, column by column."""
    first = runs[0].row
    columns = {
        name: round(statistics.median(getattr(run.row, name) for run in runs), 4)
        for name in (
            "cpu_us_per_forward",
            "forwards_per_s",
            "delivered",
            "p50_ms",
            "p99_ms",
            "kb_per_participant",
            "steal_pct",
        )
    }
    return Row(first.shape, first.server, **columns)
