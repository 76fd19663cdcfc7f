"""One participant's two browser connections: what it publishes, and what it receives.

`Publisher` answers the browser's offers, `Subscriber` makes its own. They join the pure negotiation
(`answer`, `offer`) with a transport and with the room's router, and keep no media of their own.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from onmeet.clock import Clock
from onmeet.errors import ProtocolError
from onmeet.relay import answer as answering
from onmeet.relay.description import LocalTransport, text
from onmeet.relay.dtls import DtlsIdentity, DtlsRole
from onmeet.relay.interface import (
    Offer,
    PublisherListener,
    Source,
    SubscriberListener,
)
from onmeet.relay.offer import Lines
from onmeet.relay.router import Router, Track
from onmeet.relay.sdp import bad_sdp, parse
from onmeet.relay.settings import Capture
from onmeet.relay.transport import PeerTransport, Rim

__all__ = ["Publisher", "Room", "Subscriber", "Surroundings"]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every peer of the plane shares: the rim, the certificate, what is advertised."""

    rim: Rim
    identity: DtlsIdentity
    candidates: tuple[tuple[str, int], ...]
    clock: Clock
    capture: Capture | None

    def transport(self, on_change: Callable[[bool], None]) -> PeerTransport:
        """A new transport, waiting for its browser."""
        return PeerTransport(self.rim, self.identity, self.clock, on_change, self.capture)


class Room(Protocol):
    """What a peer needs of its room."""

    router: Router

    def published(self) -> None:
        """The tracks of some publisher changed."""

    def tracks_for(self, index: int) -> Mapping[str, Track]:
        """Track id → track, all that participant `index` should receive."""

    def gone(self, peer: Publisher | Subscriber) -> None:
        """A peer has closed."""


class _Negotiation:
    """The browser's and our side of one transport, from one description to the next."""

    def __init__(self, around: Surroundings, transport: PeerTransport) -> None:
        self._around = around
        self._transport = transport
        self._identifier = secrets.randbelow(1 << 62)
        self._version = 0
        self._remote: answering.RemoteTransport | None = None

    @property
    def identifier(self) -> int:
        """Session id of our descriptions (RFC 8866 §5.2)."""
        return self._identifier

    def next_version(self) -> int:
        """Session version of the next description."""
        self._version += 1
        return self._version

    def local(self, setup: str) -> LocalTransport:
        """Our side, as the next description announces it."""
        credentials = self._transport.credentials
        return LocalTransport(
            ufrag=credentials.ufrag,
            password=credentials.password,
            fingerprint=self._around.identity.fingerprint,
            candidates=self._around.candidates,
            setup=setup,
        )

    def restarts(self, remote: answering.RemoteTransport) -> bool:
        """Whether the browser's ICE credentials are others than before (RFC 8839 §4.4.1.1.1)."""
        return self._remote is not None and self._remote.ufrag != remote.ufrag

    def admit(self, remote: answering.RemoteTransport, role: DtlsRole) -> None:
        """Let the browser with these fingerprints in.

        Other ones than before, or any after the end of the last connection, mean new keys.
        """
        known = self._remote
        if known and (self._transport.failed or known.fingerprints != remote.fingerprints):
            self._transport.renew()
        self._remote = remote
        self._transport.start(role, remote.fingerprints)


class Publisher:
    """One participant's sending side: answers the browser's offers."""

    def __init__(self, around: Surroundings, room: Room, index: int, listener: PublisherListener) -> None:
        self.index = index
        self.listener = listener
        self._room = room
        self._closed = False
        self.transport = around.transport(listener.connected)
        self.uplink = room.router.add_uplink(index, self.transport.sender)
        self.transport.receiver.deliver(self.uplink.on_rtp, self.uplink.on_rtcp)
        self._negotiation = _Negotiation(around, self.transport)
        self._role: DtlsRole = "server"

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where the browser sends from."""
        return self.transport.addresses

    @property
    def tracks(self) -> tuple[Track, ...]:
        """What is published now."""
        return tuple(self.uplink.tracks.values())

    def offer(self, sdp: str, sources: Mapping[str, Source]) -> str:
        """Take the browser's whole offer, return the answer.

        sources: MID → source of each m-line that sends. Raises ProtocolError `bad-sdp` or
        `too-many-tracks`; then everything stays as it was before the call.
        """
        if self._closed:
            raise ProtocolError("not-now", "closed")
        acceptance = answering.accept(parse(sdp), sources)
        remote = acceptance.remote
        if remote.setup != "actpass" or not self.transport.dtls.started:
            self._role = "client" if remote.setup == "passive" else "server"
        if self._negotiation.restarts(remote):
            self.transport.restart()
        self._negotiation.admit(remote, self._role)
        before = set(self.tracks)
        self.uplink.set_tracks(acceptance.specs)
        if before != set(self.tracks):
            self.listener.tracks_changed(tuple(spec.source for spec in acceptance.specs))
            self._room.published()
        local = self._negotiation.local("active" if self._role == "client" else "passive")
        version = self._negotiation.next_version()
        return text(answering.write(acceptance, local, self._negotiation.identifier, version))

    def mute(self, source: Source, muted: bool) -> None:
        """Stop or resume forwarding a source."""
        if not self._closed:
            self.uplink.mute(source, muted)

    def request_keyframe(self, source: Source) -> None:
        """Ask the browser for a key frame (throttled)."""
        if not self._closed:
            self.uplink.request_keyframe(source)

    def close(self) -> None:
        """Release everything. Idempotent."""
        if self._closed:
            return
        self._closed = True
        self.uplink.close()
        self.transport.close()
        self._room.gone(self)
        self._room.published()


class Subscriber:
    """One participant's receiving side: offers all tracks of all other participants.

    At most one offer is outstanding. Whatever changes meanwhile is found by comparing what the lines
    carry with what the room publishes once the answer is there, so no wish can be lost or doubled.
    """

    def __init__(self, around: Surroundings, room: Room, index: int, listener: SubscriberListener) -> None:
        self.index = index
        self._listener = listener
        self._room = room
        self._lines = Lines()
        self._outstanding = False
        self._restart_wanted = False
        self._announced = False
        self._closed = False
        self.transport = around.transport(listener.connected)
        self.downlink = room.router.add_downlink(index, self.transport.sender)
        self.transport.receiver.deliver(None, self.downlink.on_rtcp)
        self._negotiation = _Negotiation(around, self.transport)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where the browser receives."""
        return self.transport.addresses

    def tracks_changed(self) -> None:
        """The room publishes other tracks than before."""
        if self._closed or self._outstanding or self._announced:
            return
        if self._restart_wanted or self._lines.differs(self._room.tracks_for(self.index)):
            self._announced = True
            self._listener.negotiation_needed()

    def offer(self, restart: bool = False) -> Offer | None:
        """The next offer, or None when nothing changed or an offer still waits for its answer."""
        self._restart_wanted |= restart
        if self._closed or self._outstanding:
            return None
        self._announced = False
        wanted = self._room.tracks_for(self.index)
        if not self._restart_wanted and not self._lines.differs(wanted):
            return None
        if self._restart_wanted:
            self._restart_wanted = False
            self.transport.restart()
        self._lines.arrange(wanted)
        self._outstanding = True
        lines = self._lines.write(
            self._negotiation.local("actpass"),
            self._negotiation.identifier,
            self._negotiation.next_version(),
        )
        return Offer(text(lines), self._lines.tracks)

    def answer(self, sdp: str) -> None:
        """Take the browser's answer to the outstanding offer.

        Raises ProtocolError `not-now` when none is outstanding, `bad-sdp` when it does not fit;
        after `bad-sdp` the offer is no longer outstanding and `offer()` makes a fresh one.
        """
        if self._closed or not self._outstanding:
            raise ProtocolError("not-now", "no offer is outstanding")
        self._outstanding = False
        session = parse(sdp)
        remote = answering.remote_transport(session.media[0])
        if remote.setup == "actpass":
            raise bad_sdp("an answer must choose its DTLS role")
        agreement = self._lines.settle(session)
        self._negotiation.admit(remote, "client" if remote.setup == "passive" else "server")
        for ended in agreement.ended:
            self.transport.sender.forget(ended.ssrc)
            if ended.rtx_ssrc is not None:
                self.transport.sender.forget(ended.rtx_ssrc)
        wanted = self._room.tracks_for(self.index)
        for track, spec in agreement.begun:
            if wanted.get(track.id) is track:
                self.downlink.subscribe(track, spec)
        self.tracks_changed()

    def view(self, sizes: Mapping[str, tuple[int, int]]) -> None:
        """Device pixels at which each track is shown; absent or (0, 0) = not visible."""
        if not self._closed:
            self.downlink.view(sizes)

    def keyframe(self, track: str) -> None:
        """The browser cannot decode a track. Unknown tracks are ignored."""
        if not self._closed:
            self.downlink.keyframe(track)

    def close(self) -> None:
        """Release everything. Idempotent."""
        if self._closed:
            return
        self._closed = True
        self.downlink.close()
        self.transport.close()
        self._room.gone(self)
