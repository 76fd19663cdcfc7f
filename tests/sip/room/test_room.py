"""One room without any process: orders and messages in, words and messages out, the clock moved by hand."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from onmeet.e2ee.calls import check_statement, read_statement
from onmeet.phone.gateway_key import GatewayKey
from sip.interface import FRAME, Agreement, LegState
from sip.ivr.sounds import Prompts
from sip.room import wire
from sip.room.nursery import new_call
from sip.room.room import DEAD_LINE_SECONDS, LINK_SECONDS, RENEW_SECONDS, Room
from tests.factories.handset import sockets

CODE = "abc-defg-hij"
NOBODY = {"browsers": 0, "phones": 0, "hosts": 0}
LIVE = {"browsers": 2, "phones": 0, "hosts": 1}


class Desk:
    """A room, the gateway that signs for it at once, and everything that it said."""

    def __init__(self, prompts: Path, key: GatewayKey) -> None:
        self.now, self.wall = 5000.0, 1_700_000_000.0
        self.sent: list[dict[str, Any]] = []
        self.sounds: list[bytes] = []
        self.words: list[wire.Word] = []
        self._key = key
        self.room = Room(
            CODE,
            Prompts(prompts),
            send=self.sent.append,
            send_sound=self.sounds.extend,
            say=self._hear,
            clock=lambda: self.now,
            wall=lambda: self.wall,
        )

    def _hear(self, word: wire.Word) -> None:
        self.words.append(word)
        if isinstance(word, wire.Sign):
            body = self._key.state(CODE, word.call, word.gw, word.expires)
            signed = wire.Signed(word.call, word.expires, self._key.public, str(body["s"]))
            asyncio.get_running_loop().call_soon(self.room.order, wire.encode(signed), [])

    async def take(self) -> str:
        """A call comes, and waits in the lobby."""
        call, (rtp, rtcp) = new_call(), sockets()
        agreement = Agreement(("127.0.0.1", 9), ("127.0.0.1", 9), "PCMA", 8, 101)
        order = wire.Take(call, LegState(agreement, 1, 2, 3, 0, "x"), wire.CallFacts(label="…12"))
        self.room.order(wire.encode(order), [os.dup(rtp.fileno()), os.dup(rtcp.fileno())])
        for each in (rtp, rtcp):
            each.close()
        await asyncio.sleep(0)
        return call

    def hold(self, call: str) -> None:
        """The telephone is put on hold: no packets are expected from it."""
        agreement = Agreement(("127.0.0.1", 9), None, "PCMA", 8, 101, held=True, direction="recvonly")
        self.room.order(wire.encode(wire.Media(call, agreement)), [])

    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds * 50)):
            self.now += 0.02
            self.wall += 0.02
            self.room.tick(self.now)

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [body for body in self.sent if body["type"] == kind]

    @property
    def hung_up(self) -> list[tuple[str, str]]:
        return [(word.call, word.why) for word in self.words if isinstance(word, wire.HangUp)]


@pytest.fixture
async def desk(prompts: Path, tmp_path: Path) -> AsyncIterator[Desk]:
    desk = Desk(prompts, GatewayKey.load(tmp_path / "gateway.pem"))
    desk.room.attached()
    desk.room.message({"type": "attached", "live": True, "instance": "i", "log": [], "present": LIVE})
    yield desk
    desk.room.close()


async def test_call_is_told_to_the_relay_with_a_good_statement(desk: Desk) -> None:
    call = await desk.take()
    (body,) = desk.of("call")
    assert (body["call"], body["label"], body["withheld"]) == (call, "…12", False)
    statement = read_statement(
        {"kind": "call", "room": CODE}
        | {name: body[name] for name in ("call", "gw", "expires", "gateway", "s")}
    )
    assert check_statement(statement, CODE, desk.wall) is None
    stay = desk.room.callers[call].stay
    assert stay is not None
    assert desk.room.callers[call].code(CODE) == statement.code


async def test_statement_is_renewed_before_it_expires_with_the_same_key(desk: Desk) -> None:
    call = await desk.take()
    first = desk.of("call")[0]
    desk.wall = first["expires"] - RENEW_SECONDS + 1
    desk.wait(1.0)
    await asyncio.sleep(0)
    again = desk.of("call")[-1]
    assert again["call"] == call
    assert again["gw"] == first["gw"]
    assert again["expires"] > first["expires"]


async def test_link_that_comes_back_hears_of_all_calls_again(desk: Desk) -> None:
    calls = {await desk.take(), await desk.take()}
    desk.sent.clear()
    desk.room.detached()
    desk.wait(LINK_SECONDS - 1)
    assert not desk.hung_up
    desk.room.attached()
    assert {body["call"] for body in desk.of("call")} == calls
    desk.wait(5)
    assert not desk.hung_up


async def test_callers_are_told_when_the_relay_stays_away_and_leave(desk: Desk) -> None:
    call = await desk.take()
    desk.room.detached()
    desk.wait(LINK_SECONDS + 5)
    assert desk.hung_up == [(call, "lost")]
    assert desk.words[-1] == wire.Empty()


async def test_call_that_comes_when_another_process_has_the_room_is_hung_up(desk: Desk) -> None:
    desk.room.replaced()
    call = await desk.take()
    assert desk.hung_up == [(call, "lost")]
    assert not desk.room.callers


async def test_end_of_the_meeting_ends_its_calls(desk: Desk) -> None:
    call = await desk.take()
    ended = {"type": "room", "live": False, "instance": None, "present": NOBODY, "why": "ended"}
    desk.room.message(ended)
    desk.wait(3)
    assert desk.hung_up == [(call, "ended")]


async def test_meeting_that_was_left_empty_is_waited_for(desk: Desk) -> None:
    call = await desk.take()
    desk.hold(call)
    desk.room.message({"type": "room", "live": False, "instance": None, "present": NOBODY, "why": "empty"})
    desk.wait(60)
    assert call in desk.room.callers
    desk.wait(900)
    assert desk.hung_up == [(call, "waited")]


@pytest.mark.parametrize(("why", "reason"), [("rejected", "rejected"), ("kicked", "removed")])
async def test_removed_call_is_hung_up_after_a_word(desk: Desk, why: str, reason: str) -> None:
    call = await desk.take()
    if why == "kicked":
        desk.room.message({"type": "admitted", "call": call, "index": 7})
    desk.room.message({"type": "removed", "call": call, "why": why})
    desk.wait(3)
    assert [name for name, _ in desk.hung_up] == [call]
    assert desk.hung_up[0][1] in (reason, "removed")


async def test_dead_line_is_given_up_unless_it_is_on_hold(desk: Desk) -> None:
    call, held = await desk.take(), await desk.take()
    desk.hold(held)
    desk.wait(DEAD_LINE_SECONDS + 2)
    assert desk.hung_up == [(call, "silence")]
    assert held in desk.room.callers


async def test_bug_in_one_call_ends_this_call_alone(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = await desk.take(), await desk.take()
    leg = desk.room.callers[one].leg

    def fail(*_: object) -> np.ndarray:
        raise RuntimeError("a bug")

    monkeypatch.setattr(leg, "read", fail)
    desk.wait(1)
    assert desk.hung_up == [(one, "trouble")]
    assert two in desk.room.callers
    assert {body["call"] for body in desk.of("hang-up")} == {one}


@pytest.mark.parametrize(
    "body",
    [
        {"type": "attached"}, {"type": "room", "live": True}, {"type": "admitted"}, {"type": "key"},
        {"type": "admitted", "call": 5, "index": "x"}, {"type": "key", "from": None, "body": 1},
        {"type": "left"}, {"type": "error"}, {"type": "never heard of"}, {"type": "held", "call": []},
        {"type": "attached", "live": True, "instance": "j", "present": [], "log": {}},
    ],
)  # fmt: skip
async def test_message_that_cannot_be_read_harms_nobody(desk: Desk, body: dict[str, Any]) -> None:
    call = await desk.take()
    desk.room.message(body)
    desk.wait(1)
    assert call in desk.room.callers
    assert not desk.hung_up


@pytest.mark.parametrize("packet", [b"", b"\xff", b"{}", b'{"do": "take"}', b'{"do": "digit", "call": "x"}'])
async def test_order_that_cannot_be_read_harms_nobody_and_leaves_no_socket(desk: Desk, packet: bytes) -> None:
    call = await desk.take()
    pair = [os.dup(0), os.dup(0)] if packet else []
    rtp, rtcp = sockets()
    given = [os.dup(rtp.fileno()), os.dup(rtcp.fileno())]
    desk.room.order(packet, given)
    for fd in given:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(fd)
    for fd in pair:
        os.close(fd)
    rtp.close()
    rtcp.close()
    assert call in desk.room.callers


@pytest.mark.parametrize("frame", [b"", b"\0\1", bytes(14), os.urandom(100)])
async def test_sound_that_is_none_harms_nobody(desk: Desk, frame: bytes) -> None:
    call = await desk.take()
    desk.room.sound(frame)
    desk.wait(0.1)
    assert call in desk.room.callers


async def test_admitted_call_without_a_key_sends_nothing(desk: Desk) -> None:
    call = await desk.take()
    desk.room.message({"type": "admitted", "call": call, "index": 7})
    desk.wait(5)
    assert not desk.sounds
    assert desk.of("state")[0] == {"type": "state", "call": call, "muted": True, "hand": False}


async def test_digits_reach_the_machine_of_their_call(desk: Desk) -> None:
    call = await desk.take()
    desk.wait(2)
    caller = desk.room.callers[call]
    caller.player.stop()
    for digit in "*0":
        desk.room.order(wire.encode(wire.Digit(call, digit)), [])
    assert not caller.player.done, "help is spoken"


async def test_key_press_keeps_the_voice_out_for_a_fifth_of_a_second(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = await desk.take()
    caller = desk.room.callers[call]
    monkeypatch.setattr(caller.leg, "read", lambda _now: np.full(FRAME, 5000, np.int16))
    desk.room.order(wire.encode(wire.Digit(call, "5")), [])
    heard = [bool(caller.read(desk.now + 0.01 + number * 0.02).any()) for number in range(15)]
    assert heard == [False] * 10 + [True] * 5


async def test_caller_hears_prompts_in_the_lobby(desk: Desk) -> None:
    call = await desk.take()
    leg = desk.room.callers[call].leg
    assert leg is not None
    written: list[np.ndarray] = []
    leg.write = written.append  # type: ignore[method-assign]
    desk.wait(1)
    assert all(frame.shape == (FRAME,) and frame.dtype == np.int16 for frame in written)
    assert np.abs(np.concatenate(written)).max() > 2000
