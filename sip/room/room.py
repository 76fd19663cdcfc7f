"""One meeting with callers: who waits, who is in, who hears whom.

Driven by orders of the gateway, messages of the relay and a beat of 20 ms.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any, Final

import structlog

from onmeet.e2ee.calls import MAX_AHEAD_SECONDS
from onmeet.errors import ProtocolError
from sip.ivr import news, steps
from sip.ivr.sounds import Prompts
from sip.ivr.stay import Stay
from sip.media.leg import Leg
from sip.room import packets, wire
from sip.room.browsers import Browsers
from sip.room.callers import Caller
from sip.room.exchange import exchange
from sip.room.keys import RoomKeys

__all__ = ["Room"]

log = structlog.get_logger()

LINK_SECONDS: Final = 20.0
"""So long callers wait for the relay to come back."""

RENEW_SECONDS: Final = 600
"""Before a statement expires it is signed anew."""

DEAD_LINE_SECONDS: Final = 120.0
"""Without a packet from a telephone that is not on hold. Some send nothing while nobody speaks."""

_HOUSEKEEPING: Final = 50
"""Ticks between two looks at everything that is not urgent: a second."""

_MARGIN_SECONDS: Final = 60
"""A statement expires a little earlier than it may: clocks of browsers differ."""

Send = Callable[[dict[str, Any]], None]


class Room:
    """Everything of the meeting that this process knows. Its methods do not raise.

    send, send_sound: to the relay; dropped while there is no link. say: to the gateway. wall: unix seconds.
    """

    def __init__(
        self,
        code: str,
        prompts: Prompts,
        *,
        send: Send,
        send_sound: Callable[[list[bytes]], None],
        say: Callable[[wire.Word], None],
        clock: Callable[[], float],
        wall: Callable[[], float],
    ) -> None:
        self.callers: dict[str, Caller] = {}
        self.keys = RoomKeys()
        self.browsers = Browsers(self._open)
        self.unwanted = False
        """Another process has the room: nobody may be taken any more."""
        self._code = code
        self._prompts = prompts
        self._send, self._send_sound, self._say = send, send_sound, say
        self._clock, self._wall = clock, wall
        self._instance: str | None = None
        self._state = news.Room(live=False)
        self._company = 0
        self._down_since: float | None = clock()
        self._ticks = 0

    # orders of the gateway

    def order(self, packet: bytes, fds: list[int]) -> None:
        """A packet of the gateway, with the sockets that came along."""
        sockets = [socket.socket(fileno=fd) for fd in fds]
        try:
            order = wire.read_order(packet)
        except ProtocolError:
            log.error("the gateway speaks another version")
            order = None
        if isinstance(order, wire.Take) and len(sockets) == 2:
            return self._take(order, sockets[0], sockets[1])
        for each in sockets:
            each.close()
        match order:
            case wire.Digit(call, digit):
                self._guarded(self.callers.get(call), lambda caller: self._digit(caller, digit))
            case wire.Media(call, agreement):
                self._guarded(self.callers.get(call), lambda caller: caller.update(agreement))
            case wire.Gone(call):
                self._release(self.callers.get(call))
            case wire.Signed(call):
                self._guarded(self.callers.get(call), lambda caller: self._signed(caller, order))
        return None

    def _take(self, take: wire.Take, rtp: socket.socket, rtcp: socket.socket) -> None:
        if take.call in self.callers or self.unwanted:
            rtp.close()
            rtcp.close()
            if self.unwanted:
                self._say(wire.HangUp(take.call, "lost"))  # or the caller would wait here without a word
            return
        caller = self.callers[take.call] = Caller(take.call, take.facts, self._prompts)
        self._guarded(caller, lambda _: self._resume(caller, take, rtp, rtcp))

    def _resume(self, caller: Caller, take: wire.Take, rtp: socket.socket, rtcp: socket.socket) -> None:
        def pressed(digit: str) -> None:
            self._guarded(caller, lambda _: self._digit(caller, digit))

        caller.leg = Leg.resume(rtp, rtcp, take.leg, on_digit=pressed, clock=self._clock)
        caller.agreement = take.leg.agreement
        self._ask_for_signature(caller)

    def _ask_for_signature(self, caller: Caller) -> None:
        expires = int(self._wall()) + MAX_AHEAD_SECONDS - _MARGIN_SECONDS
        self._say(wire.Sign(caller.call, caller.key.public, expires))

    def _signed(self, caller: Caller, signed: wire.Signed) -> None:
        """From here on a host can see the call, and the caller hears the lobby."""
        first, caller.signed = caller.signed is None, signed
        self._tell_relay(caller)
        if first:
            self.keys.wait(caller.key)
            caller.stay = Stay(caller.facts.language, caller.code(self._code), caller.facts.told)
            self._perform(caller, caller.stay.begin(self._clock(), self._state))

    def _digit(self, caller: Caller, digit: str) -> None:
        now = self._clock()
        caller.pressed(now)
        if caller.stay is not None:
            self._perform(caller, caller.stay.digit(digit, now))

    # the relay's link

    def attached(self) -> None:
        """The link is up, and knows nothing of our calls."""
        self._down_since = None
        for caller in self.callers.values():
            self._tell_relay(caller)

    def detached(self) -> None:
        """The link is gone, and with it every call's place in the meeting."""
        if self._down_since is None:
            self._down_since = self._clock()
            for caller in list(self.callers.values()):
                self._hold(caller)
            self._meeting(None, news.Room(live=False))

    def replaced(self) -> None:
        """A newer process has the room."""
        log.warning("another process has taken over a meeting's calls")
        self.unwanted = True
        self._tell_all(news.Lost())

    def message(self, body: dict[str, Any]) -> None:
        """A message of the relay."""
        handler = _HANDLERS.get(body["type"])
        if handler is None:
            return
        try:
            handler(self, body)
        except (KeyError, TypeError, ValueError, AttributeError):
            log.error("a message of the relay cannot be read", exc_info=True)
        except Exception:
            log.exception("a message of the relay met a bug")
        self._settle_keys()

    def sound(self, frame: bytes) -> None:
        """A packet of a browser's microphone. Without a keyed caller it is not even opened."""
        heard = packets.read(frame)
        if heard is not None and self.keys.keyed:
            self.browsers.put(heard)

    def _open(self, sender: int, frame: bytes) -> bytes:
        return self.keys.open(sender, frame, self._clock() * 1000)

    def _tell_relay(self, caller: Caller) -> None:
        statement = caller.statement()
        if statement is not None:
            self._send(statement)

    def _on_attached(self, body: dict[str, Any]) -> None:
        self._on_room(body)
        for entry in body["log"]:
            self._on_key(entry)

    def _on_room(self, body: dict[str, Any]) -> None:
        present = body["present"]
        instance = str(body["instance"]) if body["live"] else None
        self._company = int(present["browsers"]) + int(present["phones"])
        self._meeting(instance, news.Room(bool(body["live"]), int(present["hosts"]) > 0))
        if body.get("why") == "ended":
            self._tell_all(news.Ended("ended"))
        self._tell_all(news.Alone() if self._company <= 1 else news.Company())

    def _meeting(self, instance: str | None, state: news.Room) -> None:
        """Whether it lives; another instance has nothing in common with the last one."""
        if instance != self._instance:
            self._instance = instance
            self.keys.begin(self._code, instance)
            self.browsers.clear()
        if state != self._state:
            self._state = state
            self._tell_all(state)

    def _on_admitted(self, body: dict[str, Any]) -> None:
        caller = self.callers.get(body["call"])
        if caller is not None:
            caller.admit(int(body["index"]))
            self.keys.admit(caller.call, int(body["index"]), self._clock() * 1000)
            self._send(caller.state())
            self._tell(caller, news.Admitted())

    def _on_held(self, body: dict[str, Any]) -> None:
        caller = self.callers.get(body["call"])
        if caller is not None:
            self._hold(caller)

    def _hold(self, caller: Caller) -> None:
        self.keys.hold(caller.call)
        if caller.out is not None:
            caller.hold()
            self._tell(caller, news.Held())

    def _on_removed(self, body: dict[str, Any]) -> None:
        caller = self.callers.get(body["call"])
        if caller is not None:
            caller.hold()
            self.keys.forget(caller.call)
            self._tell(caller, news.Removed())

    def _on_muted(self, body: dict[str, Any]) -> None:
        self._tell(self.callers.get(body["call"]), news.MutedByHost())

    def _on_key(self, body: dict[str, Any]) -> None:
        self.keys.feed(int(body["from"]), body["body"], self._clock() * 1000)

    def _on_left(self, body: dict[str, Any]) -> None:
        self.browsers.forget([int(body["index"])])

    def _on_error(self, body: dict[str, Any]) -> None:
        log.warning("the relay refused a message", code=str(body["code"])[:40])
        if body["code"] == "full" and body.get("about") == "call":
            self._tell(self.callers.get(str(body.get("call"))), news.Ended("full"))

    def _settle_keys(self) -> None:
        """Tell those who got the key, or have it no longer."""
        keyed = self.keys.keyed
        for caller in list(self.callers.values()):
            now_keyed = caller.call in keyed
            if now_keyed == caller.keyed:
                continue
            caller.keyed = now_keyed
            if not now_keyed:
                self._tell(caller, news.Held())
            else:
                if caller.stay is not None and caller.stay.place == "lobby":
                    self._tell(caller, news.Admitted())  # held for want of a key, and never out of the list
                self._tell(caller, news.Keyed())

    # every 20 ms

    def tick(self, now: float) -> None:
        """Read, mix, write, send."""
        self._ticks += 1
        if self._ticks % _HOUSEKEEPING == 0:
            self._keep_house(now)
        others = self.browsers.frames() if self.keys.keyed else []
        sealed = exchange(self.callers.values(), others, now=now, seal=self.keys.seal, guarded=self._guarded)
        self._send_sound(sealed)
        for caller in list(self.callers.values()):
            self._guarded(caller, lambda caller: self._step(caller, now))

    def _step(self, caller: Caller, now: float) -> None:
        """Let the call's machine go on."""
        if caller.stay is None:
            return
        if caller.player.finished():
            self._perform(caller, caller.stay.said(now))
        if caller.stay.deadline <= now:
            self._perform(caller, caller.stay.tick(now))

    def _keep_house(self, now: float) -> None:
        self.keys.tick(now * 1000)
        self._settle_keys()
        if self._down_since is not None and now - self._down_since > LINK_SECONDS:
            self._tell_all(news.Lost())
        for caller in list(self.callers.values()):
            if caller.signed and caller.signed.expires - self._wall() < RENEW_SECONDS:
                self._ask_for_signature(caller)
            if caller.line_silent_for(now) > DEAD_LINE_SECONDS:
                self._hang_up(caller, "silence")

    def say_alive(self) -> None:
        """The gateway ends a process that hangs."""
        self._say(wire.Up())

    def ask_to_end(self) -> None:
        """Nobody is here; is somebody on the way?"""
        self._say(wire.Empty())

    def close(self) -> None:
        """The process ends: let go of every call."""
        for caller in list(self.callers.values()):
            self._release(caller)

    # callers

    def _tell(self, caller: Caller | None, piece: news.News) -> None:
        if caller is not None and caller.stay is not None:
            self._guarded(caller, lambda _: self._perform(caller, _stay(caller).news(piece, self._clock())))

    def _tell_all(self, piece: news.News) -> None:
        for caller in list(self.callers.values()):
            self._tell(caller, piece)

    def _perform(self, caller: Caller, effects: tuple[steps.Effect, ...]) -> None:
        for effect in effects:
            match effect:
                case steps.Say(parts):
                    caller.player.say(parts)
                case steps.Hush():
                    caller.player.stop()
                case steps.SetMuted(muted):
                    caller.muted = muted
                    self._tell_state(caller)
                case steps.SetHand(raised):
                    caller.hand = raised
                    self._tell_state(caller)
                case steps.HangUp(reason):
                    self._hang_up(caller, reason)

    def _tell_state(self, caller: Caller) -> None:
        if caller.out is not None:
            self._send(caller.state())

    def _hang_up(self, caller: Caller, why: str) -> None:
        self._say(wire.HangUp(caller.call, why))
        self._release(caller)

    def _release(self, caller: Caller | None) -> None:
        if caller is None or self.callers.pop(caller.call, None) is None:
            return
        self.keys.forget(caller.call)
        self._send({"type": "hang-up", "call": caller.call})
        try:
            caller.close()
        except Exception:
            log.exception("a leg could not be closed")
        if not self.callers:
            self.ask_to_end()

    def _guarded(self, caller: Caller | None, action: Callable[[Caller], object]) -> None:
        """A bug in one call ends this call and nothing else."""
        if caller is None:
            return
        try:
            action(caller)
        except Exception:
            log.exception("a call met a bug")
            self._hang_up(caller, "trouble")


def _stay(caller: Caller) -> Stay:
    if caller.stay is None:
        raise LookupError("not signed yet")
    return caller.stay


_HANDLERS: Final[dict[str, Callable[[Room, dict[str, Any]], None]]] = {
    "attached": Room._on_attached,
    "room": Room._on_room,
    "admitted": Room._on_admitted,
    "held": Room._on_held,
    "removed": Room._on_removed,
    "muted": Room._on_muted,
    "key": Room._on_key,
    "left": Room._on_left,
    "error": Room._on_error,
}
