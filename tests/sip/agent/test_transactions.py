"""Transactions by themselves: every timer of RFC 3261 §17 and RFC 6026, on UDP and on connections."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from sip.core.message import Headers, Request, Response, parse
from sip.core.timers import Timers
from sip.core.transaction import ClientTransaction, Deliver, Effect, Failed, Over, Transmit, client
from sip.core.transaction_reply import reply
from sip.core.transaction_server import ServerTransaction, server


def request(method: str = "INVITE") -> Request:
    return Request(
        method,
        "sip:100@192.0.2.1",
        Headers(
            [
                ("Via", "SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1"),
                ("Route", "<sip:192.0.2.9;lr>"),
                ("From", "<sip:a@b>;tag=1"),
                ("To", "<sip:c@d>"),
                ("Call-ID", "x"),
                ("CSeq", f"7 {method}"),
            ]
        ),
    )


def response(status: int, method: str = "INVITE") -> Response:
    return reply(request(method), status, tag="theirs")


def kinds(effects: Iterable[Effect]) -> list[str]:
    return [type(effect).__name__ for effect in effects]


def run(machine: ClientTransaction | ServerTransaction, until: float) -> list[tuple[float, str]]:
    """Let the time pass; when what happened."""
    happened = []
    while (at := machine.deadline) is not None and at <= until:
        happened += [(at, kind) for kind in kinds(machine.tick(at))]
    return happened


INVITES = [0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
OTHERS = [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]


@pytest.mark.parametrize(("method", "times"), [("INVITE", INVITES), ("OPTIONS", OTHERS)])
def test_request_without_answer_is_repeated_and_given_up(method: str, times: list[float]) -> None:
    machine = client(request(method), reliable=False)
    assert kinds(machine.start(0.0)) == ["Transmit"]
    assert run(machine, 100) == [(at, "Transmit") for at in times] + [(32.0, "Failed"), (32.0, "Over")]


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS"])
def test_connections_repeat_nothing(method: str) -> None:
    machine = client(request(method), reliable=True)
    list(machine.start(0.0))
    assert run(machine, 100) == [(32.0, "Failed"), (32.0, "Over")]


def test_provisional_response_stops_an_invite_for_good() -> None:
    machine = client(request(), reliable=False)
    list(machine.start(0.0))
    assert kinds(machine.receive(response(180), 0.2)) == ["Deliver"]
    assert machine.deadline is None
    assert kinds(machine.receive(response(183), 90.0)) == ["Deliver"]


def test_provisional_response_slows_other_requests_down() -> None:
    machine = client(request("OPTIONS"), reliable=False)
    list(machine.start(0.0))
    list(machine.receive(response(100, "OPTIONS"), 0.2))
    assert [at for at, kind in run(machine, 31) if kind == "Transmit"] == [
        0.5,
        4.5,
        8.5,
        12.5,
        16.5,
        20.5,
        24.5,
        28.5,
    ]


def test_refusal_is_acknowledged_each_time_it_comes() -> None:
    machine = client(request(), reliable=False)
    list(machine.start(0.0))
    first = list(machine.receive(response(486), 1.0))
    assert kinds(first) == ["Transmit", "Deliver"]
    assert isinstance(first[0], Transmit)
    ack = parse(first[0].data)
    assert isinstance(ack, Request)
    assert (ack.method, ack.uri, ack.cseq.number) == ("ACK", "sip:100@192.0.2.1", 7)
    assert ack.via.branch == "z9hG4bK1"
    assert ack.to.tag == "theirs"
    assert ack.headers.all("Route") == ["<sip:192.0.2.9;lr>"]
    assert kinds(machine.receive(response(486), 2.0)) == ["Transmit"]
    assert kinds(machine.receive(response(200), 2.0)) == []
    assert run(machine, 100) == [(33.0, "Over")]  # timer D


def test_success_passes_each_time_for_64_t1() -> None:
    machine = client(request(), reliable=False)
    list(machine.start(0.0))
    for at in (1.0, 2.0, 30.0):
        assert kinds(machine.receive(response(200), at)) == ["Deliver"]
    assert kinds(machine.receive(response(180), 30.0)) == []
    assert run(machine, 100) == [(33.0, "Over")]  # timer M
    assert kinds(machine.receive(response(200), 40.0)) == []


@pytest.mark.parametrize(("reliable", "after"), [(False, [(6.0, "Over")]), (True, [])])
def test_final_answer_of_other_requests_is_awaited_no_longer(
    reliable: bool, after: list[tuple[float, str]]
) -> None:
    machine = client(request("BYE"), reliable=reliable)
    list(machine.start(0.0))
    assert kinds(machine.receive(response(200, "BYE"), 1.0)) == ["Deliver"] + ["Over"] * reliable
    assert kinds(machine.receive(response(200, "BYE"), 1.1)) == []
    assert run(machine, 100) == after  # timer K


def test_lost_connection_fails_what_waits() -> None:
    machine = client(request("BYE"), reliable=True)
    list(machine.start(0.0))
    assert list(machine.lost()) == [Failed("transport"), Over()]
    assert list(machine.lost()) == []


@pytest.mark.parametrize("reliable", [False, True])
def test_refusal_of_ours_is_repeated_until_its_ack(reliable: bool) -> None:
    machine = server(request(), reliable=reliable)
    assert list(machine.start(0.0)) == [Deliver(machine.request)]
    assert kinds(machine.respond(response(486), 0.0)) == ["Transmit"]
    repeated = [] if reliable else [0.5, 1.5, 3.5, 7.5]
    assert run(machine, 10) == [(at, "Transmit") for at in repeated]  # timer G
    assert kinds(machine.receive(request(), 10.0)) == ["Transmit"]
    assert kinds(machine.receive(request("ACK"), 10.0)) == (["Over"] if reliable else [])
    assert run(machine, 100) == ([] if reliable else [(15.0, "Over")])  # timer I


def test_refusal_without_ack_is_given_up() -> None:
    machine = server(request(), reliable=True)
    list(machine.start(0.0))
    list(machine.respond(response(486), 0.0))
    assert run(machine, 100) == [(32.0, "Failed"), (32.0, "Over")]  # timer H


def test_success_of_ours_swallows_repeated_invites() -> None:
    machine = server(request(), reliable=False)
    list(machine.start(0.0))
    assert kinds(machine.respond(response(200), 1.0)) == ["Transmit"]
    assert kinds(machine.receive(request(), 2.0)) == []
    assert kinds(machine.respond(response(200), 3.0)) == ["Transmit"]
    assert kinds(machine.respond(response(486), 3.0)) == []
    assert kinds(machine.receive(request("ACK"), 4.0)) == ["Deliver"]  # of those that keep the branch
    assert run(machine, 100) == [(33.0, "Over")]  # timer L


def test_last_provisional_answer_is_given_again() -> None:
    machine = server(request(), reliable=False)
    list(machine.start(0.0))
    assert kinds(machine.receive(request(), 0.5)) == []
    list(machine.respond(response(180), 0.6))
    (again,) = machine.receive(request(), 1.0)
    assert isinstance(again, Transmit)
    assert b" 180 " in again.data


@pytest.mark.parametrize(("reliable", "after"), [(False, [(33.0, "Over")]), (True, [])])
def test_other_requests_are_answered_again_for_64_t1(reliable: bool, after: list[tuple[float, str]]) -> None:
    machine = server(request("BYE"), reliable=reliable)
    list(machine.start(0.0))
    assert kinds(machine.respond(response(200, "BYE"), 1.0)) == ["Transmit"] + ["Over"] * reliable
    assert kinds(machine.receive(request("BYE"), 2.0)) == ([] if reliable else ["Transmit"])
    assert run(machine, 100) == after  # timer J


class Clocked:
    def __init__(self, deadline: float | None) -> None:
        self.deadline = deadline


def test_timers_are_due_in_their_order_and_once() -> None:
    timers: Timers[Clocked] = Timers()
    late, early, never = Clocked(5.0), Clocked(2.0), Clocked(None)
    for one in (late, early, never):
        timers.watch(one)
    assert timers.next == 2.0
    late.deadline = 1.0
    timers.watch(late)
    assert timers.due(3.0) == [late, early]
    assert (len(timers), timers.next, timers.due(10.0)) == (0, None, [])


def test_timers_that_move_often_do_not_pile_up() -> None:
    timers: Timers[Clocked] = Timers()
    one = Clocked(0.0)
    for at in range(10_000):
        one.deadline = 1e6 - at
        timers.watch(one)
    assert len(timers._heap) < 100
    timers.forget(one)
    assert timers.next is None
