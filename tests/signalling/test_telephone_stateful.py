"""Hosts, guests, callers and links in any order: room, link, media and reports agree at every moment."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from onmeet.signalling.participant import Phone
from tests.factories.people import CODE, House, Person
from tests.factories.telephone import Switch, call_name

CALLS = st.integers(1, 4)
INDEXES = st.integers(0, 12)
REPORTS = ["call.times", "meeting.joins", "usage.aggregate"]


class Telephony(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.house = House()
        self.people: list[Person] = []
        self.switch: Switch | None = None
        self.given: set[int] = set()

    def _host(self) -> Person | None:
        return next((p for p in self.people if p.ticket.role == "host" and p.port.channel is not None), None)

    def _say(self, kind: str, **fields: Any) -> None:
        if (host := self._host()) is not None:
            host.say(kind, **fields)

    # -- what may happen -----------------------------------------------------------------------

    @precondition(lambda self: len(self.people) < 4)
    @rule(role=st.sampled_from(["host", "guest"]))
    def comes(self, role: Any) -> None:
        person = self.house.person(role, browser=f"b{len(self.people)}", reports=tuple(REPORTS))
        person.join("X")
        if person.closed is None:
            self.people.append(person)

    @precondition(lambda self: self.people)
    @rule(data=st.data(), word=st.sampled_from(["leave", "end"]))
    def goes(self, data: st.DataObject, word: str) -> None:
        data.draw(st.sampled_from(self.people)).say(word)

    @precondition(lambda self: self.people)
    @rule(data=st.data())
    def loses_the_network(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(self.people)).drop()

    @rule(seconds=st.sampled_from([1, 35]))
    def time_passes(self, seconds: int) -> None:
        self.house.wait(seconds)

    @rule()
    def a_link_opens(self) -> None:
        self.switch = Switch(self.house)

    @precondition(lambda self: self.switch is not None)
    @rule()
    def the_link_ends(self) -> None:
        assert self.switch is not None
        self.switch.gateway.gone()
        self.switch = None

    @precondition(lambda self: self.switch is not None)
    @rule(number=CALLS)
    def rings(self, number: int) -> None:
        assert self.switch is not None
        self.switch.ring(number, reports=REPORTS)

    @precondition(lambda self: self.switch is not None)
    @rule(number=CALLS, muted=st.booleans())
    def presses(self, number: int, muted: bool) -> None:
        assert self.switch is not None
        self.switch.say("state", call=call_name(number), muted=muted, hand=not muted)

    @precondition(lambda self: self.switch is not None)
    @rule(number=CALLS)
    def hangs_up(self, number: int) -> None:
        assert self.switch is not None
        self.switch.say("hang-up", call=call_name(number))

    @rule(number=CALLS, word=st.sampled_from(["admit", "admit", "admit", "reject"]))
    def decides(self, number: int, word: str) -> None:
        self._say(word, call=call_name(number))

    @rule(index=INDEXES, word=st.sampled_from(["hold", "kick"]))
    def takes_out(self, index: int, word: str) -> None:
        self._say(word, index=index)

    # -- what always holds ---------------------------------------------------------------------

    @invariant()
    def everybody_knows_the_same(self) -> None:
        registry = self.house.registry
        room = registry._rooms.get(CODE)
        gateway = registry._gateways.get(CODE)
        calls = gateway.calls.values() if gateway is not None else ()
        seated = {call.index: call.name for call in calls if call.index is not None}
        phones = {}
        if room is not None:
            phones = {i: p.call for i, p in room.participants.items() if isinstance(p, Phone)}
            assert set(room.participants) == set(room.browsers) | set(phones)
            media = self.house.media.only_room.telephone
            assert (media is not None) == (gateway is not None)
            assert set(phones) == set(media.phones if media is not None else ())
        else:
            assert not self.house.media.rooms
        assert phones == seated
        assert registry.phones == len(phones)
        assert registry.callers == len(calls) - len(seated)
        assert len(seated) == 0 or any(b.role == "host" for b in room.browsers.values())  # type: ignore[union-attr]

    @invariant()
    def nothing_went_wrong_inside(self) -> None:
        assert self.house.counters.faults == 0

    @invariant()
    def everybody_who_joined_is_here_or_has_left(self) -> None:
        counters = self.house.counters
        assert counters.joined - sum(counters.left.values()) == self.house.registry.participants

    @invariant()
    def reports_come_in_pairs(self) -> None:
        kinds = [type(d.report).__name__ for d in self.house.reports.after(0, 10_000)]
        seats = kinds.count("Joined") - kinds.count("Left")
        assert seats == self.house.registry.participants
        open_calls = kinds.count("CallStarted") - kinds.count("CallEnded")
        assert 0 <= open_calls <= self.house.registry.phones + self.house.registry.callers


Telephony.TestCase.settings = settings(max_examples=60, stateful_step_count=40)
TestTelephony = Telephony.TestCase
