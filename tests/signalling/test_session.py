"""The session machine: each rule of PROTOCOL.md's envelope and life of a session."""

from __future__ import annotations

import json
from typing import Any

import pytest

from onmeet.errors import ProtocolError
from onmeet.signalling import closing
from onmeet.signalling import messages as m
from onmeet.signalling.news import Locked, encode
from onmeet.signalling.resend import ResendBuffer
from onmeet.signalling.session import Close, Deliver, Effect, Over, Parted, Phase, Refused, Session, Transmit

T0 = 100.0


class Driver:
    """Feeds a session and sorts what it gives."""

    def __init__(self, *, joined: bool = True) -> None:
        self.now = T0
        self.session = Session(self.now)
        self.sent = 0
        self.out: list[dict[str, Any]] = []
        self.delivered: list[m.ClientMessage] = []
        self.ends: list[Effect] = []
        if joined:
            self.say("join", version=1, name="Ada", muted=[])
            self.session.enter(self.now)
            self.delivered.clear()

    def sort(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Transmit(text):
                    self.out.append(json.loads(text))
                case Deliver(message, _):
                    self.delivered.append(message)
                case Refused():
                    assert isinstance(effects[1], Transmit), "an error goes with it"
                case _:
                    self.ends.append(effect)

    def say(self, kind: str, **fields: Any) -> None:
        self.sent += 1
        self.raw({"type": kind, "seq": self.sent, **fields})

    def raw(self, message: Any) -> None:
        text = message if isinstance(message, bytes) else json.dumps(message).encode()
        self.sort(self.session.receive(text, self.now))

    def tell(self, count: int = 1) -> None:
        for i in range(count):
            self.sort(self.session.send(encode(Locked(bool(i % 2))), self.now))

    def wait(self, seconds: float) -> None:
        for _ in range(int(seconds)):
            self.now += 1
            self.sort(self.session.tick(self.now))

    def pop(self) -> dict[str, Any]:
        (message,) = self.out
        self.out.clear()
        return message

    def error(self) -> str:
        message = self.pop()
        assert message["type"] == "error"
        return str(message["code"])


@pytest.fixture
def fresh() -> Driver:
    return Driver(joined=False)


@pytest.fixture
def live() -> Driver:
    return Driver()


# -- before join -----------------------------------------------------------------------------------


def test_the_first_message_may_be_join(fresh: Driver) -> None:
    fresh.say("join", version=1, name="Ada", muted=[])
    assert fresh.delivered == [m.Join("Ada", ())]


def test_nothing_else_is_accepted_before(fresh: Driver) -> None:
    fresh.say("leave")
    assert fresh.error() == "not-joined"
    assert fresh.delivered == []


def test_an_error_before_join_does_not_keep_from_joining(fresh: Driver) -> None:
    fresh.say("ping", ack=0)
    fresh.say("join", version=9, name="Ada", muted=[])
    assert [e["code"] for e in fresh.out] == ["not-joined", "bad-message"]
    fresh.say("join", version=1, name="Ada", muted=[])
    assert fresh.delivered == [m.Join("Ada", ())]


def test_after_ten_seconds_without_join_the_socket_is_closed(fresh: Driver) -> None:
    fresh.wait(9)
    assert fresh.ends == []
    fresh.wait(1)
    assert fresh.ends == [Close(closing.TIMEOUT), Over()]


def test_a_socket_that_goes_before_join_leaves_nothing(fresh: Driver) -> None:
    fresh.sort(fresh.session.detach(fresh.now))
    assert fresh.ends == [Over()]


def test_resume_may_come_first_with_any_number(fresh: Driver) -> None:
    fresh.raw({"type": "resume", "seq": 77, "token": "t", "ack": 5})
    assert fresh.delivered == [m.Resume("t", 5, 77)]


# -- numbers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("seq", [0, 1, 3, 2**53 - 1])
def test_a_number_that_is_not_the_next_closes_and_ends(live: Driver, seq: int) -> None:
    live.raw({"type": "end", "seq": seq})
    assert live.ends == [Close(closing.PROTOCOL), Over()]
    assert live.delivered == []


@pytest.mark.parametrize("seq", [None, "2", 2.0, True])
def test_a_number_that_is_none_closes_and_ends(live: Driver, seq: object) -> None:
    live.raw({"type": "end", "seq": seq})
    assert live.ends == [Close(closing.PROTOCOL), Over()]


def test_a_message_with_an_error_counts_its_number(live: Driver) -> None:
    live.say("nonsense")
    assert live.error() == "unknown-type"
    live.say("kick", index="x")
    assert live.error() == "bad-message"
    live.say("join", version=1, name="Eve", muted=[])
    assert live.error() == "already-joined"
    live.say("leave")
    assert live.delivered == [m.Leave()]


def test_a_text_that_cannot_be_read_counts_as_the_next_number(live: Driver) -> None:
    live.sent += 1
    live.raw(b"{nonsense")
    error = live.pop()
    assert (error["code"], error["about"], error["re"]) == ("bad-json", "", 2)
    live.sent += 1
    live.raw(b'"' + b"x" * 300_000 + b'"')
    assert live.error() == "too-large"
    live.say("leave")
    assert live.delivered == [m.Leave()]


def test_an_error_names_type_and_number_of_what_it_answers(live: Driver) -> None:
    live.say("kick", index=-1)
    assert live.pop() == {"seq": 1, "type": "error", "code": "bad-message", "about": "kick", "re": 2}


def test_a_long_unknown_type_is_not_echoed_whole(live: Driver) -> None:
    live.say("x" * 5000)
    assert len(live.pop()["about"]) == 32


def test_the_relay_counts_its_own_numbers(live: Driver) -> None:
    live.tell(3)
    assert [message["seq"] for message in live.out] == [1, 2, 3]


def test_an_acknowledgement_of_what_was_never_sent_is_a_bad_message(live: Driver) -> None:
    live.say("pong", ack=5)
    assert live.error() == "bad-message"


# -- rates -----------------------------------------------------------------------------------------


def test_two_hundred_messages_at_once_pass_and_one_more_ends(live: Driver) -> None:
    for _ in range(199):  # the join was the first
        live.say("end")
    assert live.ends == []
    live.say("end")
    assert live.ends == [Close(closing.TOO_MANY), Over()]


def test_forty_messages_a_second_pass_for_ever(live: Driver) -> None:
    for _ in range(60):
        for _ in range(40):
            live.say("end")
        live.now += 1
    assert live.ends == []


def test_half_a_mebibyte_at_once_passes_and_more_ends(live: Driver) -> None:
    padding = "x" * 64_000
    for _ in range(8):
        live.say("end", x=padding)
    assert live.ends == []
    live.say("end", x=padding)
    assert live.ends == [Close(closing.TOO_MANY), Over()]


# -- heartbeat -------------------------------------------------------------------------------------


def test_a_ping_goes_out_every_25_seconds(live: Driver) -> None:
    for _ in range(4):
        live.wait(24)
        assert live.out == []
        live.wait(1)
        ping = live.pop()
        assert (ping["type"], ping["ack"]) == ("ping", live.sent)
        live.say("pong", ack=ping["seq"])


def test_a_ping_of_the_browser_is_answered_at_once(live: Driver) -> None:
    live.say("ping", ack=0)
    assert live.pop() == {"seq": 1, "type": "pong", "ack": 2}


def test_forty_seconds_of_silence_lose_the_socket_and_begin_the_grace(live: Driver) -> None:
    live.wait(39)
    assert live.ends == []
    live.wait(1)
    assert live.ends == [Close(closing.TIMEOUT), Parted()]
    assert live.session.phase is Phase.LOST


def test_anything_heard_keeps_the_socket(live: Driver) -> None:
    live.wait(39)
    live.say("ping", ack=0)
    live.wait(39)
    assert live.ends == []


def test_much_unacknowledged_brings_the_ping_forward(live: Driver) -> None:
    live.tell(130)
    pings = [message for message in live.out if message["type"] == "ping"]
    assert len(pings) == 1
    live.say("pong", ack=131)
    live.out.clear()
    live.tell(100)
    assert {message["type"] for message in live.out} == {"locked"}


def test_much_received_brings_the_ping_forward(live: Driver) -> None:
    for _ in range(130):
        live.say("end")
    pings = [message for message in live.out if message["type"] == "ping"]
    assert [ping["ack"] for ping in pings] == [128]


# -- losing and resuming ---------------------------------------------------------------------------


def resume(driver: Driver, *, ack: int, seq: int | None = None) -> None:
    message = m.Resume("t", ack, driver.sent + 1 if seq is None else seq)
    driver.sort(driver.session.resume(message, driver.now))


def test_a_lost_socket_begins_a_grace_of_30_seconds(live: Driver) -> None:
    live.sort(live.session.detach(live.now))
    assert live.ends == [Parted()]
    live.wait(29)
    assert live.session.phase is Phase.LOST
    live.wait(1)
    assert live.ends == [Parted(), Over()]


def test_a_resumed_session_gets_what_it_missed_in_order(live: Driver) -> None:
    live.tell(2)
    live.sort(live.session.detach(live.now))
    live.tell(3)
    live.out.clear()
    resume(live, ack=1)
    assert live.out[0] == {"seq": 6, "type": "resumed", "ack": 1}
    assert [message["seq"] for message in live.out[1:]] == [2, 3, 4, 5]
    live.out.clear()
    live.tell()
    assert live.pop()["seq"] == 6


def test_resume_and_resumed_use_up_no_number(live: Driver) -> None:
    resume(live, ack=0)
    assert live.pop()["type"] == "resumed"
    live.say("leave")
    assert live.delivered == [m.Leave()]


def test_what_the_browser_sends_again_is_taken_once(live: Driver) -> None:
    live.sort(live.session.detach(live.now))
    live.sent += 2  # said while there was no socket
    resume(live, ack=0)
    live.raw({"type": "end", "seq": 2})
    live.raw({"type": "leave", "seq": 3})
    assert live.delivered == [m.End(), m.Leave()]
    assert live.ends == [Parted()]


def test_what_is_sent_again_is_counted_apart(live: Driver) -> None:
    for _ in range(199):
        live.say("end")
    live.sort(live.session.detach(live.now))
    resume(live, ack=0, seq=live.sent + 1 + 256)
    for _ in range(256):
        live.say("end")
    assert live.ends == [Parted()]
    live.say("end")
    assert Close(closing.TOO_MANY) in live.ends


@pytest.mark.parametrize(
    ("ack", "seq"), [(9, 2), (0, 1), (0, 2 + 5000), (2**53 - 1, 2)], ids=["ack", "back", "far", "huge"]
)
def test_numbers_that_do_not_fit_are_refused_and_change_nothing(live: Driver, ack: int, seq: int) -> None:
    live.tell(2)
    live.sort(live.session.detach(live.now))
    with pytest.raises(ProtocolError, match="unknown-token"):
        resume(live, ack=ack, seq=seq)
    assert live.session.phase is Phase.LOST


def test_what_was_acknowledged_cannot_be_asked_for_again(live: Driver) -> None:
    live.tell(3)
    live.say("pong", ack=3)
    with pytest.raises(ProtocolError, match="unknown-token"):
        resume(live, ack=2)


def test_a_session_that_is_over_cannot_be_resumed(live: Driver) -> None:
    live.sort(live.session.close(closing.LEFT))
    with pytest.raises(ProtocolError, match="unknown-token"):
        resume(live, ack=0)


def test_the_grace_starts_anew_with_each_loss(live: Driver) -> None:
    for _ in range(3):
        live.sort(live.session.detach(live.now))
        live.wait(29)
        resume(live, ack=0)
    assert live.session.phase is Phase.LIVE
    assert live.ends == [Parted()] * 3


@pytest.mark.parametrize("lost", [True, False])
def test_a_buffer_of_more_than_512_messages_ends_the_session(live: Driver, lost: bool) -> None:
    if lost:
        live.sort(live.session.detach(live.now))
        live.ends.clear()
    room_for_pings = 0 if lost else 1
    live.tell(512 - room_for_pings)
    assert live.ends == []
    live.tell()
    assert live.ends == [Close(closing.OVERFLOW), Over()]
    live.out.clear()
    live.tell()
    assert live.out == []


def test_a_buffer_of_more_than_a_mebibyte_ends_the_session(live: Driver) -> None:
    live.sort(live.session.detach(live.now))
    live.ends.clear()
    tail = b'"x":"' + b"x" * 100_000 + b'"}'
    for _ in range(11):  # the oldest does not count
        live.sort(live.session.send(tail, live.now))
    assert live.ends == []
    live.sort(live.session.send(tail, live.now))
    assert live.ends == [Close(closing.OVERFLOW), Over()]


def test_a_welcome_longer_than_the_buffer_gets_through(live: Driver) -> None:
    live.sort(live.session.send(b'"x":"' + b"x" * 2 * ResendBuffer.BYTES + b'"}', live.now))
    live.tell(10)
    assert live.ends == []


def test_a_socket_closed_in_a_final_way_ends_the_session_at_once(live: Driver) -> None:
    live.sort(live.session.detach(live.now, final=True))
    assert live.ends == [Over()]


def test_nothing_comes_of_a_session_that_is_over(live: Driver) -> None:
    live.sort(live.session.close(closing.LEFT))
    live.ends.clear()
    live.say("leave")
    live.tell()
    live.wait(100)
    live.sort(live.session.detach(live.now))
    live.sort(live.session.close(closing.ENDED))
    assert (live.out, live.delivered, live.ends) == ([], [], [])


def test_resuming_again_and_again_passes_no_flood(live: Driver) -> None:
    delivered = 0
    for _ in range(20):
        resume(live, ack=0, seq=live.sent + 1 + 400)
        for _ in range(400):
            live.say("state", hand=True)
        delivered += len(live.delivered)
        live.delivered.clear()
        if live.ends:
            break
        live.sort(live.session.detach(live.now))
        live.ends.clear()
    assert live.session.phase is Phase.OVER
    assert delivered < ResendBuffer.MESSAGES, "the others' buffers hold what one sender may say at once"


def test_what_is_sent_again_is_limited_in_bytes(live: Driver) -> None:
    resume(live, ack=0, seq=live.sent + 1 + 400)
    payload = "A" * 60_000
    for _ in range(400):
        live.say("data", payload=payload)
    assert live.ends == [Close(closing.TOO_MANY), Over()]
    assert len(live.delivered) * len(payload) < ResendBuffer.BYTES
