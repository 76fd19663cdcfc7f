"""Meetings on a fresh relay, for the benchmarks that look at one relay alone."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from bench.client.connection import Workshop
from bench.client.onmeet import Participant, UnixLink
from bench.load import Fill, Shape, settle
from bench.processes import Server, cores
from bench.servers import start_onmeet_relay

_TRACKS_A_PUBLISHER = 2


@dataclass
class Relay:
    """A running relay process and what is needed to enter it."""

    server: Server
    path: Path
    media: tuple[str, int]

    @property
    def pid(self) -> int:
        """The relay's process id."""
        return self.server.pid

    async def enter(self, room: str, workshop: Workshop, *, stamped: bool = True) -> Participant:
        """A participant that has joined and neither publishes nor receives yet."""
        participant = Participant(await UnixLink.open(self.path, room), workshop, stamped=stamped)
        await participant.join()
        return participant

    async def fill(self, shape: Shape) -> tuple[Fill, list[Participant]]:
        """All participants of a shape, connected, every track offered."""
        workshop = Workshop.open()
        fill = Fill(shape)
        everybody: list[Participant] = []
        for room in range(shape.rooms):
            members = []
            for place in range(shape.publishers + shape.listeners):
                participant = await self.enter(f"room-{room}", workshop)
                members.append(participant)
                if place < shape.publishers:
                    uplink = await participant.publish(self.media)
                    fill.add_publisher(uplink, participant.index)
            everybody += members
            await settle(fill)
            await _offered(members, shape, fill)
        await settle(fill)
        return fill, everybody


async def _offered(members: list[Participant], shape: Shape, fill: Fill) -> None:
    """Wait until everybody has been offered the tracks of all others."""
    for place, member in enumerate(members):
        others = shape.publishers - (place < shape.publishers)
        wanted = others * _TRACKS_A_PUBLISHER
        if not wanted:
            continue
        await member.until(lambda m=member, n=wanted: len(m.tracks) == n)  # type: ignore[misc]
        if member.downlink is not None:
            fill.downlinks.append(member.downlink)


@contextlib.asynccontextmanager
async def fresh_relay(*, pinned: bool = True) -> AsyncIterator[Relay]:
    """A relay in a folder of its own, ended afterwards."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        core = cores()[0] if pinned else None
        server, path, media = await start_onmeet_relay(Path(folder), core=core)
        try:
            yield Relay(server, path, media)
        finally:
            await server.stop()
