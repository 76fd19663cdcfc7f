"""A whole web app on a database of its own, and visitors who walk through it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.test import TestResponse

from onmeet import keyfiles, migrations
from onmeet.accounts.attempts import Attempts
from onmeet.accounts.passwords import Passwords
from onmeet.accounts.service import Accounts
from onmeet.config import Config, database_url
from onmeet.meetings.service import Meetings
from onmeet.notices.store import open_database
from onmeet.web import noting
from onmeet.web.app import create_app
from onmeet.web.limits import limiter
from onmeet.web.services import Services
from tests.factories.cluster import drop, fresh_database
from tests.factories.policies import policy
from tests.running import postgresql_everywhere

QUICK = Passwords(time_cost=1, memory_kib=8)

PASSWORD = "seven green parrots"

MARKS_KEY = "5" * 64


class Compiled(BytecodeCache):
    """Templates compiled once for all houses of a run: each has an app of its own."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        code = self._code.get((bucket.key, bucket.checksum))
        if code is not None:
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


COMPILED = Compiled()


class HandClock:
    """A clock that only moves when told; callable as seconds."""

    def __init__(self, start: float = 1_000_000.0) -> None:
        self.seconds = start

    def __call__(self) -> float:
        return self.seconds

    def pass_by(self, seconds: float) -> None:
        self.seconds += seconds


class House:
    """The app with its services. `clock` drives waiting times and the ends of sign-ins."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.clock = HandClock()
        self.attempts = Attempts(self.clock)
        database = open_database(config, policy(config.notice), wall=self.clock)
        self.services = Services(
            config=config,
            policy=policy(config.notice),
            database=database,
            accounts=Accounts(
                database,
                key=config.marks_key,
                passwords=QUICK,
                attempts=self.attempts,
                wall_clock=self.clock,
            ),
            meetings=Meetings(database, key=config.marks_key, anyone_may_start=config.start == "anyone"),
        )
        self.app: Flask = create_app(config, self.services)
        self.app.jinja_env.bytecode_cache = COMPILED
        limiter.reset()

    def visitor(self, **headers: str) -> Visitor:
        """Somebody with a browser of their own; `headers` go with every request."""
        return Visitor(self.app.test_client(), headers)

    def member(self, email: str = "ada@example.org", name: str = "", *, proven: bool = False) -> Visitor:
        """Somebody with an account, signed in with a browser that knows it.

        proven: the address is confirmed, as it is for everybody who registered by themselves.
        """
        self.services.accounts.register(email, PASSWORD, name, proven=proven)
        visitor = self.visitor()
        with visitor.client.session_transaction() as session:
            session["known"] = self.services.accounts.mark(email)
        assert visitor.sign_in(email).status_code == 303
        return visitor

    def close(self) -> None:
        """Write down what was noted, and leave no connection behind."""
        noting.close(self.app)
        self.services.database.close()


class Visitor:
    """A browser: cookies, and the token of the last page for its forms."""

    def __init__(self, client: FlaskClient, headers: dict[str, str]) -> None:
        self.client = client
        self.headers = headers

    def open(self, path: str, **options: Any) -> TestResponse:
        """Load a page."""
        return self.client.get(path, headers={**self.headers, **options.pop("headers", {})}, **options)

    def token(self) -> str:
        """A CSRF token as pages of this visitor carry one; from a page where the session has none yet."""
        with self.client.session_transaction() as session:
            raw = session.get("csrf_token")
        if raw is not None:
            key = self.client.application.config["WTF_CSRF_SECRET_KEY"]
            return str(URLSafeTimedSerializer(key, salt="wtf-csrf-token").dumps(raw))
        page = self.open("/no-such-page").text
        found = re.search(r'name="csrf-token" content="([^"]+)"', page)
        assert found is not None, page
        return unescape(found[1])

    def send(self, path: str, **fields: str) -> TestResponse:
        """Submit a form of ours."""
        return self.client.post(path, data={"csrf_token": self.token(), **fields}, headers=self.headers)

    def start_meeting(self) -> TestResponse:
        """Press the start page's button, as its script does."""
        headers = {**self.headers, "X-CSRFToken": self.token(), "Accept": "application/json"}
        return self.client.post("/m", headers=headers)

    def sign_in(self, email: str = "ada@example.org", password: str = PASSWORD, **more: str) -> TestResponse:
        """Fill in the sign-in form."""
        return self.send("/sign-in", email=email, password=password, **more)


def make_config(data: Path, **changes: Any) -> Config:
    """Settings as they are from an empty environment, apart from `changes`."""
    config = Config.from_env({"ONMEET_DATA": str(data), "ONMEET_MEDIA_IP": "127.0.0.1"})
    return replace(config, **changes)


def known_marks(data: Path) -> Path:
    """Give a data folder the key of all houses, and the folder back.

    Under a key by chance, one in 1,700, the code that a test makes up reads like one of a group that wants
    guests to wait, or no telephone (`onmeet.groups.instant`).
    """
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    (data / "keys").mkdir(mode=0o700, exist_ok=True)
    keyfiles.read_or_make(data / "keys" / "marks_key", lambda: MARKS_KEY)
    return data


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database file with nothing in it, to be copied."""
    config = make_config(tmp_path_factory.mktemp("house") / "var")
    migrations.upgrade(config)
    return config.data / "onmeet.db"


MakeDatabase = Callable[[Path], str]
"""Makes a migrated, empty database for a data folder and gives its URL."""


def copy_of(template: Path, data: Path) -> str:
    """A copy of a database file in the data folder."""
    shutil.copy(template, data / "onmeet.db")
    return f"sqlite:///{data}/onmeet.db"


def usual_database(template: Path, data: Path) -> str:
    """A migrated, empty database; PostgreSQL under `./dev test --postgresql`, else `template`'s copy."""
    return database_url(fresh_database()) if postgresql_everywhere() else copy_of(template, data)


@pytest.fixture
def new_database(empty_database: Path) -> Iterator[MakeDatabase]:
    """As `usual_database`; on PostgreSQL, what it has made goes with the test."""
    made: list[str] = []

    def make(data: Path) -> str:
        made.append(usual_database(empty_database, data))
        return made[-1]

    yield make
    if postgresql_everywhere():
        for url in made:
            drop(url)


@pytest.fixture
def build_house(new_database: MakeDatabase, tmp_path: Path) -> Iterator[Any]:
    """Makes a house for given settings: `build_house(start="accounts")`."""
    houses: list[House] = []

    def build(**changes: Any) -> House:
        config = make_config(known_marks(tmp_path / f"var{len(houses)}"), **changes)
        houses.append(House(replace(config, database_url=new_database(config.data))))
        return houses[-1]

    yield build
    for house in houses:
        house.close()


@pytest.fixture
def house(build_house: Any) -> House:
    """A house with the default settings."""
    built: House = build_house()
    return built
