"""One peer's transport: where ICE, DTLS and SRTP of one browser connection meet.

States: it waits for a nominated check and for the browser's fingerprint; the handshake then gives the
keys and it is *up*. Lost consent takes it *down* and a later check brings it up again; a failed or
closed DTLS connection takes it down for good.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from onmeet.clock import Clock
from onmeet.relay.dtls import DtlsIdentity, DtlsLink, DtlsRole, Fingerprint
from onmeet.relay.ice import Agent, Credentials, Directory, Path
from onmeet.relay.settings import Capture
from onmeet.relay.srtp import PacketBuffer, SendTo, SrtpKeys, SrtpReceiver, SrtpSender

__all__ = ["PeerTransport", "Rim"]


class Rim(Protocol):
    """What a transport needs of the endpoint."""

    ice: Directory
    inbox: PacketBuffer
    outbox: PacketBuffer

    def attach(self, agent: Agent, transport: PeerTransport) -> None:
        """Hand the verdicts on `agent` to `transport` from now on."""

    def detach(self, agent: Agent) -> None:
        """Forget the agent: its checks are refused from now on."""

    def route(self, path: Path, transport: PeerTransport) -> None:
        """Hand what comes on `path` to `transport`."""

    def unroute(self, path: Path, transport: PeerTransport) -> None:
        """Undo `route`, unless the path meanwhile belongs to somebody else."""

    def sendto(self, path: Path) -> SendTo:
        """The sending function of the path's socket."""


class PeerTransport:
    """ICE, DTLS and SRTP of one browser connection; `sender` is its `PacketSink`."""

    def __init__(
        self,
        rim: Rim,
        identity: DtlsIdentity,
        clock: Clock,
        on_change: Callable[[bool], None],
        capture: Capture | None = None,
    ) -> None:
        """on_change: up or down, called on change only; never after `close`."""
        self._rim = rim
        self._clock = clock
        self._on_change: Callable[[bool], None] | None = on_change
        self._routed: set[Path] = set()
        self._identity = identity
        self._secure = False
        self.failed = False
        self.up = False
        self.agent = rim.ice.create()
        self.sender = SrtpSender(rim.outbox)
        self.receiver = SrtpReceiver(rim.inbox, clock, capture)
        self.dtls = self._link()
        rim.attach(self.agent, self)

    @property
    def credentials(self) -> Credentials:
        """The ICE credentials that the next SDP announces."""
        return self.agent.credentials

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where the browser was heard from lately: IP address and port of each path."""
        return tuple(f"[{a[0]}]:{a[1]}" if ":" in a[0] else f"{a[0]}:{a[1]}" for _, a in self.agent.paths)

    def restart(self) -> None:
        """Make new ICE credentials; the old ones stay valid until the new are nominated."""
        self._rim.ice.restart(self.agent)

    def start(self, role: DtlsRole, fingerprints: Iterable[Fingerprint]) -> None:
        """Admit the browser with these fingerprints. Later calls change nothing."""
        if self._on_change is not None and not self.dtls.started:
            self.dtls.start(role, fingerprints)

    def renew(self) -> None:
        """Wait for another handshake: the browser came back with another certificate.

        Paths and `sender` stay; keys, and with them the numbering of nonces, start anew.
        """
        if self._on_change is None:
            return
        self.dtls.close()
        self.sender.unkey()
        self.receiver.unkey()
        self._secure = self.failed = False
        self._set_up(False)
        self.dtls = self._link()
        if self.agent.path is not None:
            self.dtls.reachable()

    def checked(self, path: Path) -> None:
        """A valid connectivity check came on `path`."""
        self._follow(path)
        bound = self.agent.path
        if bound is None or self.failed:
            return
        self.sender.direct(self._rim.sendto(bound), bound[1])
        self.dtls.reachable()
        self._set_up(self._secure)

    def tick(self, now: float) -> None:
        """Stop sending to a peer whose consent ran out (RFC 7675 §5.1)."""
        if self.up and not self.agent.consent(now):
            self.sender.direct(None)
            self._set_up(False)

    def close(self) -> None:
        """Release everything. Idempotent."""
        if self._on_change is None:
            return
        self._on_change = None
        self.up = False
        self.dtls.close()
        self.sender.close()
        self.receiver.close()
        for path in self._routed:
            self._rim.unroute(path, self)
        self._routed.clear()
        self._rim.detach(self.agent)

    def _link(self) -> DtlsLink:
        return DtlsLink(self._identity, self._send_record, self._secured, self._ended)

    def _follow(self, path: Path) -> None:
        self._rim.route(path, self)
        if path not in self._routed:
            self._routed.add(path)
            known = self.agent.paths
            for gone in [old for old in self._routed if old not in known]:
                self._routed.discard(gone)
                self._rim.unroute(gone, self)

    def _send_record(self, record: bytes) -> None:
        path = self.agent.path
        if path is not None:
            try:
                self._rim.sendto(path)(record, path[1])
            except OSError:
                return  # DTLS sends its flight again

    def _secured(self, keys: SrtpKeys) -> None:
        self.sender.key(keys)
        self.receiver.key(keys)
        self._secure = True
        self._set_up(self.agent.consent(self._clock()))

    def _ended(self) -> None:
        self.failed = True
        self.sender.unkey()
        self._set_up(False)

    def _set_up(self, up: bool) -> None:
        if self._on_change is not None and up != self.up:
            self.up = up
            self._on_change(up)
