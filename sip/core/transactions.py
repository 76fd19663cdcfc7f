"""All transactions of a user agent: which message belongs to which, replays, loops and limits.

Messages and the time go in; bytes go out by flows, and everything else to the one above:

    table.receive(message, flow, now)          # → Above.request, .acknowledged, .cancelled; Asker.response
    table.ask(request, flow, asker, now)       # a request of ours, Via added
    table.reply(request, response, now)        # an answer of ours
"""

from __future__ import annotations

import random
from collections import Counter, OrderedDict
from collections.abc import Iterable
from hashlib import blake2b
from typing import Protocol

from sip.core.message import Headers, Message, Request, Response, encode
from sip.core.timers import Timed, Timers
from sip.core.transaction import (
    ClientTransaction,
    Deliver,
    Effect,
    Failed,
    InviteClient,
    Over,
    Transmit,
    Why,
    client,
)
from sip.core.transaction_reply import PRODUCT, reply
from sip.core.transaction_server import ServerTransaction, server
from sip.core.uri import write_host
from sip.core.via import MAGIC_COOKIE
from sip.interface import Flow

__all__ = ["Above", "Asker", "Replays", "Ticking", "Transactions"]

MAX_OF_SOURCE = 2_000  # at ten calls a second a trunk has some 700 at a time
MAX_ALL = 8_000
REPLAY_SECONDS = 900.0
REPLAY_COUNT = 8_192

Key = tuple[str, ...]


class Ticking(Timed, Protocol):
    """Something on the heap of timers."""

    def tick(self, now: float) -> None:
        """Its deadline has come."""


class Asker(Protocol):
    """Who has asked something, and hears what comes of it."""

    def response(self, response: Response, now: float) -> None:
        """A response to it."""

    def failed(self, request: Request, why: Why, now: float) -> None:
        """No answer came, or the connection is gone."""

    def over(self, request: Request) -> None:
        """Nothing more will come."""


class Above(Protocol):
    """Who uses the transactions."""

    def request(self, request: Request, flow: Flow, now: float) -> None:
        """A new request, to be answered by `Transactions.reply`."""

    def acknowledged(self, request: Request, flow: Flow, now: float) -> None:
        """The ACK of a 2xx."""

    def cancelled(self, invite: Request, now: float) -> None:
        """Somebody gave up an INVITE that has no final answer yet; the CANCEL itself has been answered."""


class Replays:
    """Which INVITEs have been here, as keyed hashes, for a while and up to a number (RFC 3261 §8.2.2.2)."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._seen: OrderedDict[bytes, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._seen)

    def again(self, request: Request, now: float) -> bool:
        """Whether this INVITE was here before, perhaps by another way; it is noted."""
        while self._seen and next(iter(self._seen.values())) <= now - REPLAY_SECONDS:
            self._seen.popitem(last=False)
        words = "\n".join((request.call_id, request.sender.tag or "", str(request.cseq.number)))
        mark = blake2b(words.encode(errors="surrogateescape"), key=self._key, digest_size=12).digest()
        if mark in self._seen:
            return True
        if len(self._seen) >= REPLAY_COUNT:
            self._seen.popitem(last=False)
        self._seen[mark] = now
        return False


class _Record:
    """A machine with its flow: what the timers know."""

    def __init__(self, table: Transactions, key: Key, flow: Flow, asker: Asker | None) -> None:
        self.table, self.key, self.flow, self.asker = table, key, flow, asker
        self.machine: ClientTransaction | ServerTransaction

    @property
    def deadline(self) -> float | None:
        return self.machine.deadline

    def tick(self, now: float) -> None:
        self.table.perform(self, self.machine.tick(now), now)


class Transactions:
    """The table. rng: for branches and the key of `Replays`."""

    def __init__(self, above: Above, timers: Timers[Ticking], rng: random.Random) -> None:
        self._above, self._timers, self._rng = above, timers, rng
        self._mark = f"{MAGIC_COOKIE}{rng.getrandbits(48):012x}"  # in all branches of ours: finds loops
        self._clients: dict[Key, _Record] = {}
        self._servers: dict[Key, _Record] = {}
        self._answered: dict[int, _Record] = {}  # by identity of the request
        self._of_source: Counter[str] = Counter()
        self.replays = Replays(rng.getrandbits(256).to_bytes(32, "big"))

    def __len__(self) -> int:
        return len(self._clients) + len(self._servers)

    def receive(self, message: Message, flow: Flow, now: float) -> None:
        """Any message that came whole."""
        if isinstance(message, Response):
            self._response(message, now)
        else:
            self._request(message, flow, now)

    def ask(self, request: Request, flow: Flow, asker: Asker | None, now: float) -> None:
        """Send a request of ours in a transaction; its Via is put on top here."""
        request.headers.prepend("Via", self._via(flow))
        if "User-Agent" not in request.headers:
            request.headers.add("User-Agent", PRODUCT)
        self._start(request, flow, asker, now)

    def send(self, request: Request, flow: Flow) -> None:
        """Send an ACK of a 2xx, outside of transactions, with a Via of its own."""
        headers = request.headers.copy()
        headers.prepend("Via", self._via(flow))
        flow.send(encode(Request(request.method, request.uri, headers, request.body)))

    def cancel(self, invite: Request, now: float) -> None:
        """CANCEL an INVITE of ours (RFC 3261 §9.1); nothing happens when it is over already."""
        record = self._clients.get((invite.via.branch or "", "INVITE"))
        if record is None or not isinstance(record.machine, InviteClient):
            return
        record.machine.patience(now)
        self._timers.watch(record)
        headers = Headers([("Via", invite.headers.all("Via")[0]), ("Max-Forwards", "70")])
        for route in invite.headers.all("Route"):
            headers.add("Route", route)
        for name in ("From", "To", "Call-ID"):
            headers.add(name, invite.headers.get(name) or "")
        headers.add("CSeq", f"{invite.cseq.number} CANCEL")
        self._start(Request("CANCEL", invite.uri, headers), record.flow, None, now)

    def closed(self, flow: Flow, now: float) -> None:
        """A connection has ended: what was asked on it will not be answered."""
        for record in [one for one in self._clients.values() if one.flow is flow]:
            if isinstance(record.machine, ClientTransaction):
                self.perform(record, record.machine.lost(), now)

    def reply(self, request: Request, response: Response, now: float) -> None:
        """Answer a request that was handed up; does nothing once its transaction is over."""
        record = self._answered.get(id(request))
        if record is not None and isinstance(record.machine, ServerTransaction):
            self.perform(record, record.machine.respond(response, now), now)

    def perform(self, record: _Record, effects: Iterable[Effect], now: float) -> None:
        """Do what a machine wants."""
        lost = False
        for effect in list(effects):
            match effect:
                case Transmit(data):
                    lost = lost or not record.flow.open
                    record.flow.send(data)
                case Deliver(message):
                    self._deliver(record, message, now)
                case Failed(why):
                    if record.asker is not None:
                        record.asker.failed(record.machine.request, why, now)
                case Over():
                    self._forget(record)
        if record.machine.state != "terminated":
            self._timers.watch(record)
            if lost and isinstance(record.machine, ClientTransaction):
                self.perform(record, record.machine.lost(), now)

    def _start(self, request: Request, flow: Flow, asker: Asker | None, now: float) -> None:
        record = _Record(self, (request.via.branch or "", request.method), flow, asker)
        record.machine = machine = client(request, reliable=flow.transport != "udp")
        self._clients[record.key] = record
        self.perform(record, machine.start(now), now)

    def _response(self, response: Response, now: float) -> None:
        vias = response.headers.all("Via")
        record = self._clients.get((response.via.branch or "", response.cseq.method))
        if len(vias) == 1 and record is not None and isinstance(record.machine, ClientTransaction):
            self.perform(record, record.machine.receive(response, now), now)

    def _request(self, request: Request, flow: Flow, now: float) -> None:
        key = _key(request, flow)
        record = self._servers.get(key)
        looped = any(self._mark in via for via in request.headers.all("Via"))
        via = request.via.received_from(flow.remote)
        request.headers.remove_first("Via")
        request.headers.prepend("Via", str(via))
        if record is not None and isinstance(record.machine, ServerTransaction):
            self.perform(record, record.machine.receive(request, now), now)
            return
        invited = self._servers.get((*key[:-1], "INVITE")) if request.method == "CANCEL" else None
        if request.method == "ACK":
            self._above.acknowledged(request, flow, now)
            return
        if len(self) >= MAX_ALL or self._of_source[flow.remote[0]] >= MAX_OF_SOURCE:
            if request.method == "INVITE":
                flow.send(encode(reply(request, 503, tag=self._tag())))
            return
        record = _Record(self, key, flow, None)
        record.machine = machine = server(request, reliable=flow.transport != "udp")
        self._servers[key] = self._answered[id(request)] = record
        self._of_source[flow.remote[0]] += 1
        if request.method == "CANCEL":
            self._timers.watch(record)
            self._cancel(request, invited, now)
        elif looped or self._merged(request, now):
            self.reply(request, reply(request, 482, tag=self._tag()), now)
        else:
            self.perform(record, machine.start(now), now)

    def _merged(self, request: Request, now: float) -> bool:
        return request.method == "INVITE" and not request.to.tag and self.replays.again(request, now)

    def _cancel(self, request: Request, invited: _Record | None, now: float) -> None:
        machine = invited.machine if invited is not None else None
        if not isinstance(machine, ServerTransaction):
            self.reply(request, reply(request, 481, tag=self._tag()), now)
            return
        tag = machine.tag or self._tag()  # RFC 3261 §9.2: that of what the INVITE was answered with
        self.reply(request, reply(request, 200, tag=tag), now)
        if not machine.final:
            self._above.cancelled(machine.request, now)

    def _deliver(self, record: _Record, message: Message, now: float) -> None:
        if isinstance(message, Response):
            if record.asker is not None:
                record.asker.response(message, now)
        elif message.method == "ACK":
            self._above.acknowledged(message, record.flow, now)
        else:
            self._above.request(message, record.flow, now)

    def _forget(self, record: _Record) -> None:
        self._timers.forget(record)
        if isinstance(record.machine, ClientTransaction):
            del self._clients[record.key]
            if record.asker is not None:
                record.asker.over(record.machine.request)
            return
        del self._servers[record.key]
        del self._answered[id(record.machine.request)]
        source = record.flow.remote[0]
        self._of_source[source] -= 1
        if not self._of_source[source]:
            del self._of_source[source]

    def _via(self, flow: Flow) -> str:
        rport = ";rport" if flow.transport == "udp" else ""  # RFC 3581
        branch = f"{self._mark}{self._rng.getrandbits(64):016x}"
        return f"SIP/2.0/{flow.transport.upper()} {write_host(*flow.local)};branch={branch}{rport}"

    def _tag(self) -> str:
        return f"{self._rng.getrandbits(64):016x}"


def _key(request: Request, flow: Flow) -> Key:
    """By what a request is matched (RFC 3261 §17.2.3); its source counts as well."""
    via = request.via
    method = "INVITE" if request.method == "ACK" else request.method
    if via.modern:
        return flow.remote[0], via.branch or "", via.sent_by, method
    words = (request.call_id, request.sender.tag or "", str(request.cseq.number), via.branch or "")
    return flow.remote[0], *words, via.sent_by, method
