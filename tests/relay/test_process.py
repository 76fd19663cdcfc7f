"""The relay as a process: how it starts, what it says of itself, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from onmeet.signalling.client import RelayUnreachable, query
from onmeet.signalling.ticket import Ticket
from tests.peers.signalling_client import SignallingClient
from tests.ports import free_port
from tests.running import ROOT
from tests.waiting import until

CODE = "abc-defg-hjk"


class Relay:
    """`python -m onmeet.relay` with a data folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "run" / "relay.sock"
        self.media_port = free_port()
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "ONMEET_DATA": str(folder),
            "ONMEET_MEDIA_PORT": str(self.media_port), "ONMEET_MEDIA_IP": "127.0.0.1",
        }  # fmt: skip
        self.log = folder / "relay.log"
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, command: tuple[str, ...] = ("-m", "onmeet.relay")) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *command], cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )
        self.processes.append(process)
        return process

    def up(self) -> subprocess.Popen[bytes]:
        process = self.start()
        until(lambda: self.ask("health"), "the relay to answer", within=60)
        return process

    def ask(self, question: str) -> dict[str, Any]:
        """The answer, or nothing while it is down."""
        try:
            return query(self.path, {"query": question}, 20)
        except RelayUnreachable:
            return {}

    async def joined(self, name: str) -> SignallingClient:
        ticket = Ticket(CODE, "host", "browser", 50, time.time() + 10)
        client = await SignallingClient.over_unix(self.path, ticket)
        await client.join(name)
        return client


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Relay]:
    relay = Relay(tmp_path)
    yield relay
    for process in relay.processes:
        process.kill()
        process.wait()


async def test_sigterm_tells_the_browsers_and_ends_with_0(relay: Relay) -> None:
    process = relay.up()
    ada = await relay.joined("Ada")
    process.send_signal(signal.SIGTERM)
    assert (await ada.wait_closed(30)).code == 1012
    await ada.end()
    assert process.wait(30) == 0
    assert not relay.path.exists()


async def test_a_killed_relay_is_followed_by_one_that_meets_people_again(relay: Relay) -> None:
    first = relay.up()
    ada = await relay.joined("Ada")
    first.kill()
    first.wait()
    assert (await ada.wait_closed(30)).code == 1006
    assert relay.path.exists()
    relay.up()
    again = await relay.joined("Ada")
    assert again.you == 0
    assert again.welcome["room"]["instance"] != ada.welcome["room"]["instance"]
    await again.leave()


async def test_figures_hold_neither_names_nor_codes(relay: Relay) -> None:
    relay.up()
    ada = await relay.joined("Ada Lovelace")
    await ada.send("nonsense")
    await ada.wait_for("error")
    figures = relay.ask("metrics")
    assert (figures["rooms"], figures["participants"]) == (1, 1)
    assert figures["media"]["publishers"] == 1
    assert figures["signalling"]["joined"] == 1
    assert figures["signalling"]["errors"] == {"unknown-type": 1}
    health = relay.ask("health")
    assert health["status"] == "ok"
    assert health["media_port"] == relay.media_port
    for said in (json.dumps(figures), json.dumps(health), relay.log.read_text()):
        for secret in ("Lovelace", CODE, ada.token, ada.welcome["room"]["instance"]):
            assert secret not in said
    await ada.leave()
    assert relay.ask("metrics")["rooms"] == 0


def test_a_second_relay_on_the_same_folder_says_what_is_wrong(relay: Relay) -> None:
    relay.up()
    assert relay.start().wait(60) == 2
    assert "another relay already runs" in relay.log.read_text()
    assert relay.ask("health")


def test_a_taken_media_port_is_named(relay: Relay) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("", relay.media_port))
        assert relay.start().wait(60) == 2
    assert "ONMEET_MEDIA_PORT" in relay.log.read_text()
    assert not relay.path.exists()


def test_it_ends_when_its_parent_has_died(relay: Relay) -> None:
    parent = relay.start(
        ("-c", "import subprocess, sys; subprocess.run([sys.executable, '-m', 'onmeet.relay'])")
    )
    until(lambda: relay.ask("health"), "the relay to answer", within=60)
    parent.kill()
    parent.wait()
    until(_falsehood(lambda: relay.ask("health")), "the orphan to end", within=30)


def _falsehood(check: Callable[[], object]) -> Callable[[], bool]:
    return lambda: not check()


def test_it_loads_neither_flask_nor_a_database() -> None:
    probe = (
        "import sys, onmeet.relay.__main__; print([m for m in ('flask', 'sqlalchemy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
