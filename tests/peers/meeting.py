"""A meeting of light clients around the real relay process, pumped from the test's event loop."""

from __future__ import annotations

import asyncio
import itertools
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.client.connection import SIMULCAST_RIDS, Workshop
from bench.client.network import Network, Script
from bench.client.onmeet import Participant, UnixLink
from bench.client.receiver import ReceiveStream
from bench.client.sources import PatternCamera, PatternMicrophone
from onmeet.signalling.ticket import Role

PUMP_SECONDS = 0.002
_DEADLINE = 45.0
_CATCH_UP_NS = 80_000_000
_QUIET_SECONDS = 0.4
_QUIET_TURNS = 60


class Waited(AssertionError):
    """A condition did not come true in time."""


@dataclass
class Member:
    """One participant with what it sends."""

    name: str
    peer: Participant
    camera: PatternCamera | None = None
    microphone: PatternMicrophone | None = None
    _agenda: dict[int, int] = field(default_factory=dict)

    @property
    def index(self) -> int:
        """The participant's number in the meeting."""
        return self.peer.index

    def stream(self, sender: Member, source: str) -> ReceiveStream | None:
        """What this member receives of a track, once it has been offered."""
        if self.peer.downlink is None:
            return None
        wanted = f"{sender.index}:{source}"
        for mid, track in self.peer.tracks.items():
            if track == wanted:
                return self.peer.downlink.receiver.by_mid.get(mid)
        return None

    def received(self, sender: Member, source: str) -> int:
        """Distinct packets of a track that have arrived."""
        stream = self.stream(sender, source)
        return stream.received if stream else 0

    @property
    def connected(self) -> bool:
        """Whether every connection that exists is up."""
        return bool(self.peer.transports) and all(
            transport.state == "connected" for transport in self.peer.transports
        )

    def step(self, now_ns: int) -> None:
        """Send what is due."""
        for source in (self.camera, self.microphone):
            if source is None or self.peer.uplink is None:
                continue
            if self.peer.uplink.transport.state != "connected":
                continue
            due = self._agenda.get(id(source), now_ns)
            # after a pause of the test, go on from here instead of sending a burst: sound and picture alike
            due = max(due, now_ns - _CATCH_UP_NS)
            while due <= now_ns:
                source.step(time.time_ns())
                due += source.interval_ns
            self._agenda[id(source)] = due


class Meeting:
    """Members of one room. Everything moves only inside `until`, so nothing depends on timing."""

    def __init__(self, relay: Path, media: tuple[str, int]) -> None:
        self.media = media
        self.room = f"test-{secrets.token_hex(4)}"
        self.members: list[Member] = []
        self._relay = relay
        self._workshop = Workshop.open()
        self._names = itertools.count(1)

    async def link(self, **ticket: Any) -> UnixLink:
        """Another signalling link into this room."""
        return await UnixLink.open(self._relay, self.room, **ticket)

    async def join(
        self,
        *,
        camera: bool = True,
        microphone: bool = True,
        simulcast: bool = False,
        level: int = 20,
        uplink: Script | None = None,
        downlink: Script | None = None,
        stamped: bool = True,
        auto_view: bool = True,
        role: Role = "guest",
        watch: Callable[[Member], object] | None = None,
    ) -> Member:
        """A new member, publishing pattern media and connected. watch: called before anything can arrive."""
        peer = Participant(await self.link(role=role), self._workshop, stamped=stamped, auto_view=auto_view)
        member = Member(f"Member {next(self._names)}", peer)
        await peer.join(member.name)
        self.members.append(member)
        if camera or microphone:
            rids = SIMULCAST_RIDS if simulcast else ()
            up = await peer.publish(self.media, microphone=microphone, camera=camera, rids=rids)
            if uplink is not None:
                up.transport.uplink = Network(uplink, seed=peer.index + 1)
            if camera:
                member.camera = PatternCamera(up.sender, up.camera, peer.index)
            if up.microphone is not None:
                member.microphone = PatternMicrophone(up.sender, up.microphone, peer.index, level)
        if downlink is not None or watch is not None:
            await self.until(lambda: peer.downlink is not None, "an offer to the subscriber")
        if watch is not None:
            watch(member)
        if downlink is not None:
            assert peer.downlink is not None
            peer.downlink.transport.downlink = Network(downlink, seed=peer.index + 101)
        if peer.transports:
            await self.until(lambda: member.connected, f"{member.name} to connect")
        return member

    async def until(self, condition: Callable[[], bool], what: str = "", within: float = _DEADLINE) -> None:
        """Let everybody send and receive until a condition holds. Raises Waited."""
        end = time.monotonic() + within
        while not condition():
            if time.monotonic() > end:
                raise Waited(f"waited {within} s for {what or 'a condition'}")
            self.turn()
            await asyncio.sleep(PUMP_SECONDS)

    async def flow(self, packets: int, sender: Member) -> None:
        """Go on until a member's camera or microphone has sent so many more packets."""
        source = sender.camera or sender.microphone
        assert source is not None
        goal = source.packets + packets
        await self.until(lambda: source.packets >= goal, "packets to be sent")

    async def stop_sending(self) -> None:
        """Silence all sources and wait until nothing more arrives."""
        for member in self.members:
            member.camera = member.microphone = None
        quiet_since, turns, last = time.monotonic(), 0, self.total

        def quiet() -> bool:
            nonlocal quiet_since, turns, last
            if self.total != last:
                quiet_since, turns, last = time.monotonic(), 0, self.total
            turns += 1  # when the test itself paused, nobody has looked at the sockets meanwhile
            return time.monotonic() - quiet_since > _QUIET_SECONDS and turns > _QUIET_TURNS

        await self.until(quiet, "silence")

    @property
    def total(self) -> int:
        """Packets received by everybody."""
        return sum(m.peer.downlink.receiver.received for m in self.members if m.peer.downlink)

    def turn(self) -> None:
        """One round: everybody sends what is due, and polls its sockets."""
        now_ns, now = time.monotonic_ns(), time.monotonic()
        for member in self.members:
            member.step(now_ns)
            member.peer.poll(now)

    async def leave(self, member: Member) -> None:
        """A member leaves in good order."""
        self.members.remove(member)
        await member.peer.leave()

    async def close(self) -> None:
        """Everybody leaves."""
        for member in list(self.members):
            await self.leave(member)
