"""The canary test: a meeting of people whose every trace is a unique string, and then the search for them.

Under `on-meet` no byte of them is left once the meeting is over, apart from what the subscriber's account
holds; under `easymeet24` exactly what that notice permits, until its time is over. On both kinds of database,
and when processes are killed in mid-meeting.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.browser.chromium import ChromiumWindow
from tests.browser.conftest import OpenWindow
from tests.browser.instance import Instance
from tests.browser.joining import in_post, sign_up
from tests.browser.people import Person, PreJoin, enter
from tests.browser.wire import Wire
from tests.factories.postgres import Cluster, missing, postgres
from tests.factories.redis import RedisServer, redis_server
from tests.mail.postman import Postman, postman
from tests.running import OnMeetServer
from tests.sip.room.house import short_prompts
from tests.waiting import until

__all__ = [
    "Instances", "Somebody", "Subscriber", "build", "database", "meet", "months_ahead", "people", "postgres",
    "redis_server", "unique", "until_clean", "wires_of",
]  # fmt: skip

LEFT_SECONDS = 5.0
"""From the last participant leaving to an audit that finds nothing."""


def unique(prefix: str) -> str:
    """The prefix and something that is found nowhere else."""
    return f"{prefix}{secrets.token_hex(5)}"


@dataclass(frozen=True)
class Somebody:
    """The traces of one person: each is found nowhere else in the world."""

    address: str
    name: str = field(default_factory=lambda: unique("Zoë Q"))
    device: str = field(default_factory=lambda: unique("Canary/"))
    message: str = field(default_factory=lambda: unique("heron "))

    @property
    def traces(self) -> tuple[str, ...]:
        """All of them."""
        return (self.address, self.name, self.device, self.message)


@dataclass(frozen=True)
class Subscriber(Somebody):
    """Somebody with an account and a meeting of their own."""

    email: str = field(default_factory=lambda: unique("heron.") + "@example.org")
    account_name: str = field(default_factory=lambda: unique("Quill "))
    title: str = field(default_factory=lambda: unique("Round of "))

    @property
    def account(self) -> tuple[str, ...]:
        """What the account holds."""
        return (self.email, self.account_name, self.title)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[tuple[str, list[Path]]]:
    """The URL of an empty database, and the folders outside the data folder that it lies in."""
    if request.param == "sqlite":
        yield "", []
        return
    if (why := missing()) is not None:
        pytest.skip(why)
    cluster: Cluster = request.getfixturevalue("postgres")
    url = cluster.new_database()
    yield url, [cluster.folder]
    cluster.drop(url)


@pytest.fixture
def build(database: tuple[str, list[Path]], redis_server: RedisServer) -> Iterator[Instances]:
    """Starts an instance under a notice."""
    with postman() as post:
        made = Instances(database, redis_server, post)
        yield made
        made.end()


class Instances:
    """Makes the one instance of a test, which sends its mails to `post`."""

    def __init__(self, database: tuple[str, list[Path]], redis: RedisServer, post: Postman) -> None:
        url, folders = database
        self.post = post
        self._settings = {
            "ONMEET_PROXIES": "1",
            "REDIS_URL": redis.url,
            "ONMEET_SMTP_URL": f"smtp://127.0.0.1:{post.port}",
            "ONMEET_MAIL_FROM": "meet@example.org",
            "DATABASE_URL": url,  # an empty one is SQLite, whatever the others use
        }
        self.sealed = bool(url)
        self._folders = [*folders, redis.folder]
        self._redis = redis
        self._server: OnMeetServer | None = None

    def __call__(self, notice: str, **settings: str) -> Instance:
        self._server = OnMeetServer(ONMEET_NOTICE=notice, **self._settings, **settings)
        if settings.get("ONMEET_SIP") == "on":
            recordings = self._server.data / "prompts"
            recordings.mkdir(parents=True)
            short_prompts(recordings)
        self._server.start()
        return Instance(self._server, self._folders)

    def dump(self) -> None:
        """Have Redis write down everything that it holds."""
        self._redis.client.save()

    def end(self) -> None:
        """End the server."""
        if self._server is not None:
            self._server.__exit__(None, None, None)


@contextmanager
def wires_of(instance: Instance, *people: Somebody) -> Iterator[tuple[Wire, ...]]:
    """For each of the people a way to the server that says from where they come."""
    with ExitStack() as stack:
        yield tuple(stack.enter_context(Wire(instance.server.port, address=who.address)) for who in people)


def _open(window: OpenWindow[ChromiumWindow], wire: Wire, who: Somebody) -> ChromiumWindow:
    opened = window(user_agent=who.device)
    opened.forgiven += ["WebSocket", "ERR_"]
    opened.open(f"{wire.base_url}/")
    return opened


def meet(
    window: OpenWindow[ChromiumWindow],
    wires: tuple[Wire, ...],
    anna: Subscriber,
    ben: Somebody,
    post: Postman,
) -> tuple[Person, Person]:
    """The subscriber signs in, makes a meeting and goes in; the guest follows, and they talk."""
    here = _open(window, wires[0], anna)
    sign_up(here, wires[0].base_url, anna.email, anna.account_name, find=in_post(post))
    here.fill('input[name="title"]', anna.title)
    here.press("Enter")
    here.until_shown('[data-part="open"]')
    here.click('[data-part="open"]')
    host = PreJoin(here).join(anna.name)
    there = _open(window, wires[1], ben)
    guest = enter(there, host.link.replace(wires[0].base_url, wires[1].base_url), ben.name)
    host.is_secure(among=2)
    guest.is_secure(among=2)
    host.sees(1)
    guest.hears(1)
    host.says(anna.message)
    guest.reads(anna.message)
    guest.says(ben.message)
    host.reads(ben.message)
    return host, guest


@pytest.fixture
def people() -> tuple[Subscriber, Somebody]:
    """Two people whose addresses no test uses elsewhere."""
    low = 1 + secrets.randbelow(250)
    last = 0x1000 + secrets.randbelow(
        0xE000
    )  # no leading zero: addresses are stored as they are written best
    return Subscriber(f"203.0.113.{low}"), Somebody(f"2001:db8:{low:x}:7::{last:x}")


def until_clean(instance: Instance, traces: tuple[str, ...]) -> float:
    """Ask the audit until it is clean; seconds from now until the last one began that found something."""
    began = time.monotonic()
    unclean = began

    def clean() -> bool:
        nonlocal unclean
        asked = time.monotonic()
        if instance.audit(traces)["clean"]:
            return True
        unclean = asked
        return False

    until(clean, "a clean audit", within=60)
    return unclean - began


@pytest.mark.timeout(480)
@pytest.mark.slow
@pytest.mark.promise("N1.2", "N1.7", "N1.15")
def test_under_on_meet_nothing_of_a_meeting_is_left_in_any_byte(
    build: Instances, window: OpenWindow[ChromiumWindow], people: tuple[Subscriber, Somebody]
) -> None:
    """After a meeting no name, address, message or device is found in any file, database, log or Redis.

    Slow: a whole instance and a meeting of two browsers.
    """
    anna, ben = people
    instance = build("on-meet")
    gone = (*anna.traces, *ben.traces)
    with wires_of(instance, anna, ben) as wires:
        host, guest = meet(window, wires, anna, ben, build.post)
        assert instance.raw(gone) == {}, "nothing is written while the meeting lasts either"
        guest.leave()
        host.leave()
        assert until_clean(instance, gone) < LEFT_SECONDS
    build.dump()
    assert instance.raw(gone) == {}
    assert instance.sightings(gone) == {}
    held = instance.sightings(anna.account)
    assert set(held) == set(anna.account), "the account holds what it is for: the search works"
    assert (instance.raw(anna.account) == {}) is build.sealed
    instance.done("erase", anna.email)
    build.dump()
    assert instance.raw((*gone, *anna.account)) == {}
    assert instance.sightings((*gone, *anna.account)) == {}


@pytest.mark.timeout(480)
@pytest.mark.slow
@pytest.mark.promise("N3.2", "N3.3", "N3.4", "N3.5", "N3.8")
def test_under_easymeet24_exactly_what_it_permits_is_left_and_goes_in_time(
    build: Instances, window: OpenWindow[ChromiumWindow], people: tuple[Subscriber, Somebody]
) -> None:
    """Names, addresses and devices stay twelve full months, contract data longer, messages nowhere.

    Slow: a whole instance and a meeting of two browsers.
    """
    anna, ben = people
    instance = build("easymeet24")
    permitted = {
        anna.name, ben.name, anna.address, ben.address, anna.device, ben.device, *anna.account,
    }  # fmt: skip
    messages = (anna.message, ben.message)
    everything = (*permitted, *messages)
    with wires_of(instance, anna, ben) as wires:
        host, guest = meet(window, wires, anna, ben, build.post)
        guest.leave()
        host.leave()
    until(lambda: set(instance.sightings(permitted)) == permitted, "the records of the meeting", within=60)
    assert instance.audit(everything)["clean"]
    build.dump()
    assert instance.raw(messages) == {}
    assert (instance.raw(permitted) == {}) is build.sealed
    instance.done("sweep", "--ahead", "--at", months_ahead(11))
    assert set(instance.sightings(permitted)) == permitted, "not before its time"
    instance.done("sweep", "--ahead", "--at", months_ahead(14))
    left = {anna.email, anna.account_name, anna.title}
    assert set(instance.sightings(everything)) == left, "the contract goes on, the traffic data has gone"
    instance.done("user", "close", anna.email)
    instance.done("sweep", "--ahead", "--at", months_ahead(36))
    build.dump()
    assert instance.raw(everything) == {}
    assert instance.sightings(everything) == {}


def months_ahead(months: int) -> str:
    """The second day of a later month, for `onmeet sweep --at`."""
    year, month = divmod(time.gmtime().tm_year * 12 + time.gmtime().tm_mon - 1 + months, 12)
    return f"{year}-{month + 1:02d}-02T00:00Z"


@pytest.mark.timeout(480)
@pytest.mark.slow
@pytest.mark.parametrize("killed", ["relay", "web", "keeper", "everything"])
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.promise("N1.2", "N1.15")
def test_a_part_killed_in_mid_meeting_leaves_nothing_behind(
    build: Instances, window: OpenWindow[ChromiumWindow], people: tuple[Subscriber, Somebody], killed: str
) -> None:
    """A process that is killed in mid-meeting, and started again, leaves nothing of the meeting.

    Slow: a whole instance and a meeting of two browsers.
    """
    anna, ben = people
    instance = build("on-meet")
    gone = (*anna.traces, *ben.traces)
    with wires_of(instance, anna, ben) as wires:
        for person in meet(window, wires, anna, ben, build.post):
            person.window.forgiven += ["500", "502", "503", "Failed to load"]
        instance.server.kill(killed)
        instance.server.until_healthy(within=90)
        for wire in wires:
            wire.cut()
    until_clean(instance, gone)
    build.dump()
    assert instance.raw(gone) == {}
