"""The session machine: PROTOCOL.md's envelope for one participant, over one socket after the other.

Sans-I/O: texts and the time go in, effects come out. It numbers, acknowledges, keeps and resends,
limits rates, beats the heart and counts the grace of a lost socket; what a message means is the room's
business.

    FRESH ── join ──▶ LIVE ◀── resume ── LOST
      │                │ └── socket gone ──▲ │
      └───────────────▶ OVER ◀──────────────┘
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from onmeet.errors import ProtocolError
from onmeet.signalling import closing
from onmeet.signalling.allowance import Allowance
from onmeet.signalling.closing import Closing
from onmeet.signalling.messages import ClientMessage, Join, Ping, Pong, Resume
from onmeet.signalling.news import Error, RelayPing, RelayPong, Resumed, ServerMessage, encode
from onmeet.signalling.parsing import Envelope, parse, read
from onmeet.signalling.resend import ResendBuffer

__all__ = [
    "GRACE_SECONDS",
    "HEARTBEAT_SECONDS",
    "JOIN_SECONDS",
    "SILENCE_SECONDS",
    "Close",
    "Deliver",
    "Effect",
    "Over",
    "Parted",
    "Phase",
    "Refused",
    "Session",
    "Transmit",
]

JOIN_SECONDS = 10.0
HEARTBEAT_SECONDS = 25.0
SILENCE_SECONDS = 40.0
GRACE_SECONDS = 30.0

_MESSAGES = (40.0, 200.0)  # a second, burst
_BYTES = (128.0 * 1024, 512.0 * 1024)  # less than the others' resend buffers hold
_CATCH_UP = 512  # most messages that a browser may send again after a resume: it keeps no more
# What is sent again has an allowance of its own. Both bursts together are less than the others' resend
# buffers hold, and an empty allowance fills up in about the grace of a lost socket.
_AGAIN_MESSAGES = (8.0, 256.0)
_AGAIN_BYTES = (12.0 * 1024, 384.0 * 1024)

# An early heartbeat: neither side's buffer need grow for 25 s when much is said.
_PING_AFTER_MESSAGES = ResendBuffer.MESSAGES // 4
_PING_AFTER_BYTES = ResendBuffer.BYTES // 4


class Phase(Enum):
    """Where a session stands."""

    FRESH = auto()  # a socket that has not joined
    LIVE = auto()  # a participant with a socket
    LOST = auto()  # a participant whose socket is gone
    OVER = auto()


@dataclass(frozen=True, slots=True)
class Transmit:
    """Write this text to the socket."""

    text: bytes


@dataclass(frozen=True, slots=True)
class Deliver:
    """A message that the room has to act on, once and in order."""

    message: ClientMessage
    seq: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A message was answered with this error code; for whoever counts."""

    code: str


@dataclass(frozen=True, slots=True)
class Close:
    """Close the socket."""

    closing: Closing


@dataclass(frozen=True, slots=True)
class Parted:
    """The participant has no socket now; the grace began."""


@dataclass(frozen=True, slots=True)
class Over:
    """The participant is lost for good."""


Effect = Transmit | Deliver | Refused | Close | Parted | Over


class Session:
    """One participant's stream of messages. `now` is always seconds of one monotonic clock."""

    def __init__(self, now: float) -> None:
        self._phase = Phase.FRESH
        self._since = now  # of the phase
        self._heard = now
        self._pinged = now
        self._ping_open = False
        self._received = 0
        self._told = 0  # how much of `_received` the browser knows
        self._catch_up = 0  # up to this number, messages are sent again
        self._sent = ResendBuffer()
        self._messages = Allowance(*_MESSAGES, now)
        self._bytes = Allowance(*_BYTES, now)
        self._messages_again = Allowance(*_AGAIN_MESSAGES, now)
        self._bytes_again = Allowance(*_AGAIN_BYTES, now)

    @property
    def phase(self) -> Phase:
        """Where the session stands."""
        return self._phase

    @property
    def unacknowledged(self) -> int:
        """Messages that are kept until the browser acknowledges them."""
        return len(self._sent)

    # -- the room's side -----------------------------------------------------------------------

    def enter(self, now: float) -> None:
        """The room took the participant in: everything but `join` and `resume` is accepted now."""
        if self._phase is Phase.FRESH:
            self._become(Phase.LIVE, now)
            self._pinged = now

    def send(self, tail: bytes, now: float) -> list[Effect]:
        """Number a message that `news.encode` made, keep it, send it while there is a socket."""
        if self._phase is Phase.OVER:
            return []
        text = b'{"seq":%d,%b' % (self._sent.last + 1, tail)
        self._sent.append(text)
        if self._sent.overflown:
            return self._end(closing.OVERFLOW)
        if self._phase is Phase.LOST:
            return []
        return [Transmit(text), *self._early_ping(now)]

    def close(self, how: Closing) -> list[Effect]:
        """End the session from the relay's side."""
        return [] if self._phase is Phase.OVER else self._end(how)[:1]

    # -- the socket's side ---------------------------------------------------------------------

    def receive(self, data: bytes, now: float) -> list[Effect]:
        """Take one text from the socket."""
        if self._phase not in (Phase.FRESH, Phase.LIVE):
            return []
        self._heard = now
        if not self._within_rate(len(data), now):
            return self._end(closing.TOO_MANY)
        try:
            envelope = read(data)
        except ProtocolError as error:
            if error.code == "bad-seq":
                return self._end(closing.PROTOCOL)
            self._received += 1
            return self._refuse(error.code, "", self._received, now)
        return self._handle(envelope, now)

    def detach(self, now: float, *, final: bool = False) -> list[Effect]:
        """The socket is gone: the grace begins, unless the way it went was `final`."""
        if self._phase is Phase.FRESH or final:
            return self._end(closing.PROTOCOL)[1:] if self._phase is not Phase.OVER else []
        if self._phase is not Phase.LIVE:
            return []
        self._become(Phase.LOST, now)
        return [Parted()]

    def resume(self, message: Resume, now: float) -> list[Effect]:
        """A new socket takes the session over.

        Raises ProtocolError `unknown-token` when the browser's numbers do not fit; the session is
        then of no use to it any more.
        """
        pending = message.seq - 1 - self._received
        fits = self._phase in (Phase.LIVE, Phase.LOST) and 0 <= pending <= _CATCH_UP
        if not fits or message.ack < self._sent.acknowledged or not self._sent.acknowledge(message.ack):
            raise ProtocolError("unknown-token", "the numbers do not fit")
        self._become(Phase.LIVE, now)
        self._heard = self._pinged = now
        self._ping_open = False
        self._catch_up = message.seq - 1
        self._told = self._received
        head = b'{"seq":%d,%b' % (self._sent.last + 1, encode(Resumed(self._received)))
        return [Transmit(head), *map(Transmit, self._sent.texts())]

    def tick(self, now: float) -> list[Effect]:
        """Time passed; to be called about once a second."""
        match self._phase:
            case Phase.FRESH if now - self._since >= JOIN_SECONDS:
                return self._end(closing.TIMEOUT)
            case Phase.LIVE if now - self._heard >= SILENCE_SECONDS:
                self._become(Phase.LOST, now)
                return [Close(closing.TIMEOUT), Parted()]
            case Phase.LIVE if now - self._pinged >= HEARTBEAT_SECONDS:
                return self._ping(now)
            case Phase.LOST if now - self._since >= GRACE_SECONDS:
                return self._end(closing.TIMEOUT)[1:]
            case _:
                return []

    # -- inside --------------------------------------------------------------------------------

    def _handle(self, envelope: Envelope, now: float) -> list[Effect]:
        if envelope.type == "resume" and self._phase is Phase.FRESH:
            return self._act_on(envelope, now)
        if envelope.seq != self._received + 1:
            return self._end(closing.PROTOCOL)
        self._received = envelope.seq
        if (code := self._out_of_place(envelope.type)) is not None:
            return self._refuse(code, envelope.type, envelope.seq, now)
        return self._act_on(envelope, now)

    def _act_on(self, envelope: Envelope, now: float) -> list[Effect]:
        """Parse and act; everything about the number is settled."""
        try:
            message = parse(envelope)
            if isinstance(message, Ping | Pong):
                return self._heartbeat(message, now)
        except ProtocolError as error:
            return self._refuse(error.code, envelope.type, envelope.seq, now)
        # The ping has its number already: it goes out before anything that the room may answer.
        return [*self._early_ping(now), Deliver(message, envelope.seq)]

    def _out_of_place(self, kind: str) -> str | None:
        entering = kind in (Join.TYPE, Resume.TYPE)
        if self._phase is Phase.FRESH:
            return None if entering else "not-joined"
        return "already-joined" if entering else None

    def _heartbeat(self, message: Ping | Pong, now: float) -> list[Effect]:
        if not self._sent.acknowledge(message.ack):
            raise ProtocolError("bad-message", "acknowledges what was never sent")
        if isinstance(message, Pong):
            self._ping_open = False
            return []
        return self._say(RelayPong(self._received), now)

    def _early_ping(self, now: float) -> list[Effect]:
        if self._phase is not Phase.LIVE or self._ping_open:
            return []
        unacknowledged = len(self._sent) >= _PING_AFTER_MESSAGES or self._sent.size >= _PING_AFTER_BYTES
        if unacknowledged or self._received - self._told >= _PING_AFTER_MESSAGES:
            return self._ping(now)
        return []

    def _ping(self, now: float) -> list[Effect]:
        self._pinged = now
        self._ping_open = True
        return self._say(RelayPing(self._received), now)

    def _refuse(self, code: str, about: str, seq: int, now: float) -> list[Effect]:
        return [Refused(code), *self._say(Error(code, about[:32], seq), now)]

    def _say(self, message: ServerMessage, now: float) -> list[Effect]:
        if isinstance(message, RelayPing | RelayPong):
            self._told = self._received
        return self.send(encode(message), now)

    def _within_rate(self, size: int, now: float) -> bool:
        again = self._received < self._catch_up
        if again and self._messages_again.take(1, now) and self._bytes_again.take(size, now):
            return True
        return self._messages.take(1, now) and self._bytes.take(size, now)

    def _end(self, how: Closing) -> list[Effect]:
        self._phase = Phase.OVER
        self._sent.clear()
        return [Close(how), Over()]

    def _become(self, phase: Phase, now: float) -> None:
        self._phase = phase
        self._since = now
