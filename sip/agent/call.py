"""One call on the wire: a session (pure) with its flow, its ways to further hops, and its listener."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import structlog

from sip.agent.rim import Rim
from sip.agent.ways import Ways
from sip.core.message import Request, Response
from sip.core.session_effects import (
    Acknowledge,
    Answered,
    Ask,
    Cancel,
    Changed,
    Effect,
    Elsewhere,
    Ended,
    News,
    Pressed,
    Reply,
    Tell,
)
from sip.core.session_incoming import IncomingSession
from sip.core.session_outgoing import OutgoingSession
from sip.core.transaction import Why
from sip.interface import CallListener, Flow, Identity
from sip.wire.resolve import Target, Unreachable

__all__ = ["AgentCall"]

log = structlog.get_logger()


class AgentCall:
    """`sip.interface.Call`. The listener hears everything from within the agent's own turns, one at a time:
    `hang_up` inside of `answered` brings `ended` after `answered` has returned, and `hang_up` from outside
    brings `ended` before it returns.
    """

    def __init__(
        self,
        rim: Rim,
        session: IncomingSession | OutgoingSession,
        flow: Flow,
        *,
        identity: Identity,
        dialled: str,
        trunk: str | None,
        domain: str,
        licence: str = "",
        release: Callable[[AgentCall], None],
    ) -> None:
        self._rim, self.session = rim, session
        self._identity, self._dialled, self._trunk = identity, dialled, trunk
        self._domain, self._licence, self._source = domain, licence, flow.remote[0]
        self._release: Callable[[AgentCall], None] | None = release
        self._listener: CallListener | None = None
        self._news: deque[News] = deque()
        self._telling = False
        self._ways: Ways[Ask | Acknowledge] = Ways(rim.wire, flow, trunk, self._put, self._lost)
        self._targets: list[Target] = []
        self._tasks: set[asyncio.Task[None]] = set()

    # ------------------------------------------------------------------ sip.interface.Call

    @property
    def identity(self) -> Identity:
        """The other side."""
        return self._identity

    @property
    def dialled(self) -> str:
        """User part of the request URI (incoming), or the number that we dial."""
        return self._dialled

    @property
    def trunk(self) -> str | None:
        """Name of the trunk, or None for a softphone on this machine."""
        return self._trunk

    @property
    def source(self) -> str:
        """IP address of the other side's signalling."""
        return self._source

    @property
    def domain(self) -> str:
        """Host of the other side's From URI: the PBX's domain."""
        return self._domain

    @property
    def licence(self) -> str:
        """What a PBX says of its licence; "" without."""
        return self._licence

    def ring(self) -> None:
        """Send 180."""
        if isinstance(self.session, IncomingSession):
            self.perform(self.session.ring(self._rim.now))

    def answer(self, address: str, port: int) -> None:
        """Accept with media at this address and port of ours (RTCP: port + 1)."""
        if isinstance(self.session, IncomingSession):
            self.perform(self.session.answer(address, port, self._rim.now))

    def reject(self, status: int) -> None:
        """Refuse an incoming call with a final status, 300–699."""
        if isinstance(self.session, IncomingSession):
            self.perform(self.session.reject(status, self._rim.now))

    def hang_up(self) -> None:
        """BYE, CANCEL or a refusal, whatever the state asks for. Idempotent."""
        self.perform(self.session.hang_up(self._rim.now))

    # ------------------------------------------------------------------ the agent's side

    @property
    def flow(self) -> Flow:
        """By which it came, or was made."""
        return self._ways.flow

    @property
    def deadline(self) -> float | None:
        """When `tick` is due."""
        return self.session.deadline

    @property
    def live(self) -> bool:
        """Whether it counts as a call: not while only its last answers are awaited."""
        return self.session.state != "ended"

    @property
    def waits(self) -> bool:
        """Whether it is a call still, or its good-bye has no answer yet."""
        return not self.session.settled

    def tick(self, now: float) -> None:
        """Its deadline has come."""
        self.perform(self.session.tick(now))

    def listen(self, listener: CallListener | None) -> None:
        """From now on the listener hears what happens, and what has happened."""
        self._listener = listener
        self._tell()

    def begin(self, address: str, port: int, targets: Sequence[Target]) -> None:
        """Make the call, on the flow that it was given; `targets` follow when that one does not answer."""
        self._targets = list(targets)
        if isinstance(self.session, OutgoingSession):
            self.perform(self.session.call(address, port, self._rim.now))

    def accepts(self, flow: Flow) -> bool:
        """Whether requests of this call may come on a flow: from its own source, or its trunk's."""
        return flow.remote[0] in {self._source, self.flow.remote[0]} or (
            self._trunk is not None and self._trunk in self._rim.wire.trunks(flow)
        )

    def receive(self, request: Request, now: float) -> None:
        """A request inside."""
        self.perform(self.session.receive(request, now))

    def cancelled(self, now: float) -> None:
        """Its INVITE was cancelled."""
        if isinstance(self.session, IncomingSession):
            self.perform(self.session.cancelled(now))

    def response(self, response: Response, now: float) -> None:
        """`transactions.Asker`."""
        self.perform(self.session.response(response, now))

    def failed(self, request: Request, why: Why, now: float) -> None:
        """`transactions.Asker`."""
        self.perform(self.session.failed(request, why, now))

    def over(self, request: Request) -> None:
        """`transactions.Asker`."""
        self.session.over(request)
        self.perform([])

    def perform(self, effects: Sequence[Effect]) -> None:
        """Do what the session wants, then tell the listener."""
        now = self._rim.now
        for effect in effects:
            match effect:
                case Reply(request, response):
                    self._rim.table.reply(request, response, now)
                case Ask() | Acknowledge():
                    self._send(effect)
                case Cancel(request):
                    self._rim.table.cancel(request, now)
                case Elsewhere():
                    self._rim.wire.failed(self.flow)
                    self._spawn(self._elsewhere())
                case Tell(news):
                    self._news.append(news)
        self._rim.timers.watch(self)
        if self.session.done and not self._tasks:
            self._leave()
        self._rim.arm()
        self._tell()

    def _leave(self) -> None:
        self._rim.timers.forget(self)
        if self._release is not None:
            release, self._release = self._release, None
            release(self)

    def _tell(self) -> None:
        if self._telling or self._listener is None:
            return
        self._telling = True
        try:
            while self._news and self._listener is not None:
                self._tell_one(self._listener, self._news.popleft())
        finally:
            self._telling = False

    def _tell_one(self, listener: CallListener, news: News) -> None:
        try:
            match news:
                case Answered(agreement):
                    listener.answered(agreement)
                case Changed(agreement):
                    listener.changed(agreement)
                case Pressed(digit):
                    listener.digit(digit)
                case Ended(reason):
                    self._listener = None  # nothing follows, and nothing of the call is kept
                    listener.ended(reason)
        except Exception:
            log.error("the listener of a call failed", exc_info=True)

    # ------------------------------------------------------------------ ways

    def _send(self, effect: Ask | Acknowledge) -> None:
        if not effect.request.to.tag:
            self._put(effect, self.flow)
        elif not self._ways.send(effect, effect.hop):
            self._spawn(self._ways.find(effect.hop))

    def _put(self, effect: Ask | Acknowledge, flow: Flow) -> None:
        if isinstance(effect, Acknowledge):
            self._rim.table.send(effect.request, flow)
        else:
            self._rim.table.ask(effect.request, flow, self, self._rim.now)

    def _lost(self, effect: Ask | Acknowledge) -> None:
        if isinstance(effect, Ask):
            self.failed(effect.request, "transport", self._rim.now)

    async def _elsewhere(self) -> None:
        session, flow = self.session, None
        if not isinstance(session, OutgoingSession):
            return
        while self._targets and flow is None and session.state == "early":
            try:
                flow = await self._rim.wire.flow_to(self._targets.pop(0), trunk=self._trunk)
            except Unreachable:
                continue
        if flow is None:
            self.perform(session.give_up("failed", self._rim.now))
        else:
            self._ways.flow, self._source = flow, flow.remote[0]
            contact = self._rim.contact(flow, user=session.called.sender.uri.user)
            self.perform(session.again(contact, self._rim.now))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._worked)

    def _worked(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a way for a call could not be found", exc_info=task.exception())
        self.perform([])
