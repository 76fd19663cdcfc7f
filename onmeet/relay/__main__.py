"""The relay process, `python -m onmeet.relay`: media plane, live rooms and the internal socket, joined.

This is the one file below `signalling` that knows it: a composition root.
"""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import asdict
from typing import Any

import structlog

from onmeet import __version__, logs
from onmeet.clock import monotonic
from onmeet.config import Config
from onmeet.errors import ConfigError
from onmeet.relay import runtime
from onmeet.relay.plane import MediaPlane
from onmeet.relay.settings import MediaSettings
from onmeet.signalling.counters import Counters
from onmeet.signalling.registry import Registry
from onmeet.signalling.reports import Reports
from onmeet.signalling.room import Surroundings
from onmeet.signalling.server import Queries, SignallingServer, bind

log = structlog.get_logger()


class Report:
    """What the relay says of itself: sums and states, nothing about a person or a meeting."""

    def __init__(self, plane: MediaPlane, registry: Registry, counters: Counters, reports: Reports) -> None:
        self._plane = plane
        self._reports = reports
        self._registry = registry
        self._counters = counters
        self._started = monotonic()

    def queries(self) -> Queries:
        """What may be asked over the Unix socket."""
        return {
            "health": lambda _: self.health(),
            "metrics": lambda _: self.metrics(),
            "present": self._registry.present,
            "pin": self._registry.pin,
            "held": self._registry.held,
        }

    def health(self) -> dict[str, Any]:
        """The process answers, so it is well. keeper: whether anybody takes its reports."""
        return {
            "status": "ok",
            "version": __version__,
            "seconds": round(monotonic() - self._started, 3),
            "media_port": self._plane.port,
            "keeper": self._reports.taken,
        }

    def metrics(self) -> dict[str, Any]:
        """Numbers for Prometheus."""
        return {
            "rooms": self._registry.rooms,
            "participants": self._registry.participants,
            "visitors": self._registry.visitors,
            "waiting": self._registry.waiting,
            "phones": self._registry.phones,
            "callers": self._registry.callers,
            "gateways": self._registry.gateways,
            "signalling": self._counters.as_dict(),
            "media": asdict(self._plane.stats()),
        }


async def serve(config: Config) -> None:
    """Run until the end of service. Raises ConfigError when a port or the socket cannot be had."""
    listener = bind(config.relay_socket)
    try:
        settings = MediaSettings(port=config.media_port, advertise=config.media_ips)
        plane = await MediaPlane.open(settings, monotonic)
    except BaseException:
        listener.close()
        config.relay_socket.unlink(missing_ok=True)
        raise
    counters = Counters()
    reports = Reports()
    registry = Registry(Surroundings(plane, time.time, counters, reports=reports), monotonic)
    report = Report(plane, registry, counters, reports)
    server = SignallingServer(registry, report.queries(), wall=time.time, reports=reports)
    await server.listen(listener)
    runtime.calm_collector()
    log.info("the relay is up", port=plane.port)
    try:
        await runtime.end_of_service()
    finally:
        await server.close()
        await plane.close()
        log.info("the relay has ended")


def main() -> int:
    """Run the process; returns its exit status."""
    try:
        config = Config.from_env()
        logs.configure(config.log_level, "relay")
        with asyncio.Runner(loop_factory=runtime.event_loop) as runner:
            runner.run(serve(config))
    except ConfigError as error:
        print(f"The relay cannot start: {error}", file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
