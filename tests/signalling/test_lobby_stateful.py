"""Whatever people and hosts do in whatever order: nobody hears of the meeting before a host let them in."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from tests.factories.people import CODE, House, Person

ALWAYS = {"waiting", "resumed", "error"}
"""What somebody may hear who waits."""


class Lobbies(RuleBasedStateMachine):
    """Hosts and guests of one meeting whose owner wants a lobby, with sockets that break at any moment."""

    people = Bundle("people")

    def __init__(self) -> None:
        super().__init__()
        self.house = House()
        self.everybody: list[Person] = []
        self.number = 0

    @rule(target=people, host=st.booleans(), again=st.integers(0, 3))
    def comes(self, host: bool, again: int) -> Person:
        """Somebody joins; guests sometimes in a second window of the same browser."""
        self.number += 1
        browser = f"b{self.number}" if host or again else "b0"
        person = self.house.person("host" if host else "guest", browser=browser, lobby=True, limit=4)
        lobby = self.house.registry._lobbies.get(CODE)
        waits = not host and (lobby is None or lobby.on)
        person.join(f"P{self.number}")
        self.everybody.append(person)
        self.hears()
        assert not (waits and person.welcome), "came in without waiting"
        return person

    @rule(person=people, data=st.data())
    def acts(self, person: Person, data: st.DataObject) -> None:
        """One of the things that a browser can send, by whoever it is."""
        kind, fields = data.draw(
            st.sampled_from([
                ("leave", {}), ("lobby", {"on": True}), ("lobby", {"on": False}), ("lock", {"locked": True}),
                ("lock", {"locked": False}), ("let-in", {"guests": [1, 2, 3]}), ("let-in", {"guests": [4]}),
                ("turn-away", {"guest": 2}), ("turn-away", {"guest": 5}), ("state", {"hand": True}),
                ("key", {"body": {"kind": "epoch"}}), ("kick", {"index": 1}), ("end", {}),
            ])
        )  # fmt: skip
        if person.port.channel is not None:
            person.say(kind, **fields)

    @rule(person=people)
    def drops(self, person: Person) -> None:
        """The socket breaks."""
        person.drop()

    @rule(person=people)
    def returns(self, person: Person) -> None:
        """A browser whose socket broke tries to resume, if it ever had a session."""
        self.hears()
        if person.port.channel is None and person.closed is None and person.token:
            person.come_back()

    @rule(seconds=st.sampled_from([1, 12, 31]))
    def time_passes(self, seconds: int) -> None:
        """Everybody whose socket is up answers the heartbeat."""
        for _ in range(seconds):
            self.house.wait(1)
            self.hears()
            for person in self.everybody:
                if person.port.channel is not None and self.house.now % 20 < 1:
                    person.say("pong", ack=person.received)

    @invariant()
    def hears(self) -> None:
        """Guests hear `welcome` before anything else of the meeting, hosts at once."""
        for person in self.everybody:
            for message in person.read():
                if message["type"] == "waiting":
                    assert person.ticket.role == "guest"
                    person.token = message["token"]
                in_already = bool(person.welcome)
                assert in_already or message["type"] in ALWAYS, message["type"]
                assert message["type"] not in ("knocks", "callers") or person.ticket.role == "host"

    @invariant()
    def is_in_one_place(self) -> None:
        """Who waits is not in the meeting; all lines are counted once; nothing empty is kept."""
        registry = self.house.registry
        lobby = registry._lobbies.get(CODE)
        room = registry._rooms.get(CODE)
        if lobby is None:
            assert room is None
            return
        waiting = {each.token for each in lobby.waiting}
        inside = {each.token for each in room.browsers.values()} if room else set()
        assert not waiting & inside
        assert lobby.room is room
        assert room is not None or waiting
        assert not any(each.channel.over for each in lobby.waiting)
        browsers = [each.browser for each in lobby.waiting]
        assert len(set(browsers)) == len(browsers)
        assert lobby.on or not waiting or (room is not None and room.full)
        assert room is None or len(room.participants) <= 4


TestLobbies = Lobbies.TestCase
TestLobbies.settings = settings(max_examples=60, stateful_step_count=30)
