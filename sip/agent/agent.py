"""The user agent: one for the whole gateway, on one event loop.

    agent = Agent(Transport(…), settings, on_call=take)
    await agent.start()                                   # opens the transport, registers
    call = await agent.dial("+49…", "trunk", listener, address, port)
    await agent.close()                                   # BYE to all, takes registrations back

`on_call(call)` hears of each new call: it may ring, answer or reject it at once, and returns the listener,
or None when it has rejected it (a call that it left alone is refused then).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import structlog

from onmeet.clock import Clock, monotonic
from onmeet.errors import ProviderError
from onmeet.phone.numbers import international
from onmeet.phone.settings import PhoneSettings, Trunk
from sip.agent.call import AgentCall
from sip.agent.rim import Wire
from sip.agent.terms import called, dialled, licence, terms, trunk_of
from sip.agent.trunks import Keeper, keeper
from sip.core.dialog import DialogRefused, dialog_id
from sip.core.identity import identify
from sip.core.message import MessageError, Request, encode, parse
from sip.core.session_incoming import IncomingSession
from sip.core.session_outgoing import OutgoingSession
from sip.core.session_rules import answer_outside, refusal
from sip.core.session_timer import MIN_SE, TooBrief
from sip.core.timers import Timers
from sip.core.transaction_reply import reply
from sip.core.transactions import Ticking, Transactions
from sip.core.uri import Uri, write_host
from sip.interface import Call, CallListener, Flow, Identity
from sip.wire.resolve import Target, Unreachable

__all__ = ["Agent"]

log = structlog.get_logger()

GOODBYE_SECONDS = 1.5


class Agent:
    """All calls and registrations, made and used on one event loop.

    transport: not yet open; its `on_…` become ours. clock: seconds. rng: for tags and waiting times.
    dropped: how many messages were no SIP, for figures.
    """

    def __init__(
        self,
        transport: Wire,
        settings: PhoneSettings,
        on_call: Callable[[Call], CallListener | None],
        *,
        clock: Clock = monotonic,
        rng: random.Random | None = None,
    ) -> None:
        self.wire = transport
        self.rng = rng or random.SystemRandom()
        self.timers: Timers[Ticking] = Timers()
        self.table = Transactions(self, self.timers, self.rng)
        self.dropped = 0
        self._settings = settings
        self._on_call = on_call
        self._clock = clock
        self._calls: dict[tuple[str, str], AgentCall] = {}  # by Call-ID and our tag
        self._invites: dict[int, AgentCall] = {}  # by identity of the INVITE, until it is settled
        self._keepers: dict[str, Keeper] = {}
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at = 0.0
        self._closing = False
        self._quiet = asyncio.Event()

    # ------------------------------------------------------------------ what the gateway uses

    async def start(self) -> None:
        """Open the transport and begin to register. Raises `ConfigError` when a port cannot be used."""
        self.wire.on_message = self.receive
        self.wire.on_excess = self._too_many
        self.wire.on_closed = self._closed
        await self.wire.open()
        for trunk in self._settings.trunks:
            self._keepers[trunk.name] = one = keeper(self, trunk)
            one.start()

    async def close(self) -> None:
        """Hang up everywhere, take registrations back, and wait a little for the answers."""
        self._closing = True
        for call in list(self._calls.values()):
            call.hang_up()
        for one in self._keepers.values():
            one.stop()
        self._quiet.clear()
        if self._busy:
            try:
                async with asyncio.timeout(GOODBYE_SECONDS):
                    await self._quiet.wait()
            except TimeoutError:
                log.info("the user agent ends before everybody has answered")
        for one in self._keepers.values():
            await one.close()
        if self._alarm is not None:
            self._alarm.cancel()
        await self.wire.close()

    async def dial(self, number: str, trunk: str, listener: CallListener, address: str, port: int) -> Call:
        """Call a number (E.164 with +) over a trunk; our media are at `address` and `port`.

        Returns once the INVITE is on its way. Raises `ProviderError` when there is no such trunk, no way to
        it, or too many calls are under way; the listener hears nothing then.
        """
        known = self._settings.trunk(trunk)
        if known is None or self._closing or not self._room(known, ""):
            raise ProviderError("no trunk can take a call now")
        flow, targets = await self._way(trunk)
        kept = self._keepers.get(trunk)
        callee = called(number, known, self._settings, kept.routes if kept else ())
        contact = self.contact(flow, user=callee.sender.uri.user)
        session = OutgoingSession(callee, terms(known, flow.remote[0]), contact, self.rng)
        call = AgentCall(
            self,
            session,
            flow,
            identity=Identity(number=number),
            dialled=number,
            trunk=trunk,
            domain=callee.sender.uri.host,
            release=self._release,
        )
        self._calls[session.call_id, session.tag] = call
        call.listen(listener)
        call.begin(address, port, targets)
        return call

    def trunks(self) -> list[tuple[str, str]]:
        """Name and state of each trunk: "registered" or "static" when it can be used; else "off",
        "registering", "asking", "refused" or "unreachable"."""
        kept = self._keepers
        return [
            (one.name, kept[one.name].state if one.name in kept else "off") for one in self._settings.trunks
        ]

    def address_of(self, trunk: str) -> str | None:
        """The IP address of a trunk, once there is a way to it: whose side media are made for."""
        known = self._keepers.get(trunk)
        return known.flow.remote[0] if known is not None and known.flow is not None else None

    @property
    def calls(self) -> int:
        """Calls that ring or are under way."""
        return sum(call.live for call in self._calls.values())

    # ------------------------------------------------------------------ messages

    def receive(self, data: bytes, flow: Flow) -> None:
        """One whole message from the transport. Never raises for anything in it."""
        try:
            message = parse(data)
        except MessageError as error:
            self.dropped += 1
            if error.request is not None:
                response = reply(error.request, error.status, tag=self._tag(), reason=error.reason)
                flow.send(encode(response))
            return
        self.table.receive(message, flow, self.now)
        self.arm()

    def request(self, request: Request, flow: Flow, now: float) -> None:
        """`transactions.Above`: a new request."""
        refused = refusal(request)
        if refused is not None:
            self.table.reply(request, refused, now)
        elif request.to.tag:
            call = self._calls.get(dialog_id(request)[:2])
            if call is not None and call.accepts(flow):
                call.receive(request, now)
            else:
                self.table.reply(request, reply(request, 481), now)
        elif request.method == "INVITE":
            self._invited(request, flow, now)
        else:
            self.table.reply(request, answer_outside(request, self._tag()), now)

    def acknowledged(self, request: Request, flow: Flow, now: float) -> None:
        """`transactions.Above`: the ACK of a 2xx."""
        call = self._calls.get(dialog_id(request)[:2]) or self._invited_by(request)
        if call is not None and call.accepts(flow):
            call.receive(request, now)

    def _invited_by(self, ack: Request) -> AgentCall | None:
        """The call that an ACK without our tag must mean: pyVoIP puts one of its own making there."""
        for call in self._invites.values():
            invite = call.session.invite if isinstance(call.session, IncomingSession) else None
            if invite and (ack.call_id, ack.sender.tag) == (invite.call_id, invite.sender.tag):
                return call
        return None

    def cancelled(self, invite: Request, now: float) -> None:
        """`transactions.Above`: somebody gave up an INVITE."""
        call = self._invites.get(id(invite))
        if call is not None:
            call.cancelled(now)

    # ------------------------------------------------------------------ calls that come

    def _invited(self, invite: Request, flow: Flow, now: float) -> None:
        trunk = trunk_of(invite, self.wire.trunks(flow), self._settings)
        if self._closing or not self._room(trunk, flow.remote[0]):
            self.table.reply(invite, reply(invite, 503 if self._closing else 486, tag=self._tag()), now)
            return
        try:
            call = self._incoming(invite, flow, trunk)
        except TooBrief:
            response = reply(invite, 422, tag=self._tag())
            response.headers.add("Min-SE", str(MIN_SE))
            self.table.reply(invite, response, now)
            return
        except (DialogRefused, MessageError) as error:
            self.table.reply(invite, reply(invite, error.status, tag=self._tag()), now)
            return
        self._offer(call, invite, now)

    def _incoming(self, invite: Request, flow: Flow, trunk: Trunk | None) -> AgentCall:
        uri = Uri.parse(invite.uri)
        contact = self.contact(flow, user=trunk.user if trunk else "", secure=uri.scheme == "sips")
        agreed = terms(trunk, flow.remote[0], secure=flow.transport == "tls")
        session = IncomingSession(invite, agreed, contact, self.rng)
        country = trunk.country if trunk else ""
        return AgentCall(
            self,
            session,
            flow,
            identity=identify(
                invite.headers,
                lambda digits: international(digits, country),
                account=(trunk.from_user or trunk.user) if trunk else "",
            ),
            dialled=dialled(uri),
            trunk=trunk.name if trunk else None,
            domain=invite.sender.uri.host,
            licence=licence(invite, trunk),
            release=self._release,
        )

    def _offer(self, call: AgentCall, invite: Request, now: float) -> None:
        session = call.session
        if not isinstance(session, IncomingSession):
            return
        self._calls[invite.call_id, session.tag] = self._invites[id(invite)] = call
        call.perform(session.begin(now))
        try:
            listener = self._on_call(call)
        except Exception:
            log.error("a call could not be taken", exc_info=True)
            call.reject(500)
            call.hang_up()
            return
        if listener is None:
            call.hang_up()
        call.listen(listener)

    def _room(self, trunk: Trunk | None, source: str) -> bool:
        """Whether one more call may be taken or made. source: "" for calls that we make."""
        live = [call for call in self._calls.values() if call.live]
        mine = sum(call.trunk == trunk.name for call in live) if trunk else 0
        theirs = sum(call.source == source for call in live)
        return (
            len(live) < self._settings.max_calls
            and not (trunk and 0 < trunk.max_calls <= mine)
            and not (source and theirs >= self._settings.max_calls_per_source)
        )

    # ------------------------------------------------------------------ calls that we make

    async def _way(self, trunk: str) -> tuple[Flow, list[Target]]:
        """A flow to a trunk, and where to go if nothing comes back from there. Raises `Unreachable`.

        The machine where we are registered comes first: others of the provider may not know us.
        """
        kept = self._keepers.get(trunk)
        if kept is not None and (flow := kept.flow) is not None and flow.open:
            try:
                targets = await self.wire.targets(None, trunk=trunk)
            except Unreachable:
                targets = ()
            return flow, [target for target in targets if target.address != flow.remote]
        targets = list(await self.wire.targets(None, trunk=trunk))
        while targets:
            try:
                return await self.wire.flow_to(targets.pop(0), trunk=trunk), targets
            except Unreachable:
                continue
        raise Unreachable("no machine of the trunk answers")

    # ------------------------------------------------------------------ the rim

    @property
    def now(self) -> float:
        """Seconds on the agent's clock."""
        return self._clock()

    def arm(self) -> None:
        """Let the alarm ring at the first deadline of all."""
        if not self._busy:
            self._quiet.set()
        at = self.timers.next
        if self._alarm is not None and (at is None or at != self._alarm_at):
            self._alarm.cancel()
            self._alarm = None
        if self._alarm is None and at is not None:
            self._alarm_at = at
            loop = asyncio.get_running_loop()
            self._alarm = loop.call_later(max(0.0, at - self.now), self._ring)

    def contact(self, flow: Flow, *, user: str = "", secure: bool = False) -> str:
        """Our Contact value on a flow."""
        scheme = "sips" if secure else "sip"
        transport = "" if secure or flow.transport == "udp" else f";transport={flow.transport}"
        who = str(Uri("sip", user or "onmeet", "x")).removeprefix("sip:").removesuffix("@x")
        return f"<{scheme}:{who}@{write_host(*flow.local)}{transport}>"

    @property
    def _busy(self) -> bool:
        """Whether somebody has yet to answer a good-bye."""
        return any(call.waits for call in self._calls.values()) or any(
            one.leaving for one in self._keepers.values()
        )

    def _ring(self) -> None:
        self._alarm = None
        now = self.now
        for ticking in self.timers.due(now):
            try:
                ticking.tick(now)
            except Exception:
                # A fault with one call must not stop the clock of all others.
                log.error("a timer of the user agent failed", exc_info=True)
        self.arm()

    def _release(self, call: AgentCall) -> None:
        session = call.session
        if isinstance(session, IncomingSession):
            self._calls.pop((session.invite.call_id, session.tag), None)
            self._invites.pop(id(session.invite), None)
            session.invite.empty()  # its transaction lives on for half a minute
        else:
            self._calls.pop((session.call_id, session.tag), None)

    def _closed(self, flow: Flow) -> None:
        self.table.closed(flow, self.now)
        for one in self._keepers.values():
            one.closed(flow)
        self.arm()

    def _too_many(self, data: bytes, flow: Flow) -> None:
        """An INVITE over the limits of the transport."""
        try:
            message = parse(data)
        except MessageError:
            return
        if isinstance(message, Request):
            response = reply(message, 503, tag=self._tag())
            response.headers.add("Retry-After", str(self.rng.randint(5, 30)))
            flow.send(encode(response))

    def _tag(self) -> str:
        return f"{self.rng.getrandbits(64):016x}"
