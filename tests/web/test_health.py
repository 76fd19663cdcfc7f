"""What the operator's tools see, and what strangers do not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from onmeet.signalling import client as relay
from onmeet.web import health
from tests.factories.gateway import ScriptedGateway
from tests.factories.house import House

FIGURES = {
    "rooms": 2,
    "participants": 5,
    "media": {"packets_in": 10, "ada": 0.5},
    "signalling": {"errors": {"bad-sdp": 3}},
    "name": "Ada",
    "up": True,
}


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that stalls for some seconds makes no part unwell."""
    monkeypatch.setattr(health, "_GATEWAY_SECONDS", 30.0)


@contextmanager
def answering(monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any]) -> Iterator[list[Any]]:
    asked: list[Any] = []

    def query(path: Any, question: Any, timeout: float) -> dict[str, Any]:
        asked.append((path, question))
        return answer

    monkeypatch.setattr(relay, "query", query)
    yield asked


WELL = {"ok": True, "trunks": 2, "registered": 1, "calls": 3, "secret": 7}


def test_all_is_well_when_every_part_answers(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        answering(monkeypatch, {"status": "ok", "keeper": True}) as asked,
        ScriptedGateway(house.config.sip_socket, WELL),
    ):
        answer = house.visitor().open("/healthz")
    assert answer.status_code == 200
    assert answer.get_json() == {
        "status": "ok",
        "version": "0.1.0",
        "relay": "ok",
        "keeper": "ok",
        "sip": "ok",
        "notice": "on-meet",
        "notice_version": house.services.policy.notice.version,
    }
    assert asked == [(house.config.relay_socket, {"query": "health"})]


def test_a_telephone_gateway_that_does_not_answer_makes_the_server_unwell(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering(monkeypatch, {"status": "ok", "keeper": True}):
        answer = house.visitor().open("/healthz")
    assert (answer.status_code, answer.get_json()["sip"]) == (503, "down")


def test_without_a_telephone_nobody_asks_for_one(build_house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    house: House = build_house(sip=False)
    with answering(monkeypatch, {"status": "ok", "keeper": True}):
        answer = house.visitor().open("/healthz")
        figures = house.visitor().open("/metrics").text
    assert (answer.status_code, answer.get_json()["sip"]) == (200, "off")
    assert "onmeet_sip" not in figures


def test_metrics_of_the_telephone_are_those_that_are_declared(house: House) -> None:
    with ScriptedGateway(house.config.sip_socket, WELL):
        text = house.visitor().open("/metrics").text
    for line in (
        "onmeet_sip_up 1.0",
        "onmeet_sip_trunks 2.0",
        "onmeet_sip_registered 1.0",
        "onmeet_sip_calls 3.0",
    ):
        assert line in text
    assert "secret" not in text
    assert "onmeet_sip_up 0.0" in house.visitor().open("/metrics").text


def test_a_missing_relay_makes_the_server_unwell(house: House) -> None:
    answer = house.visitor().open("/healthz")
    assert answer.status_code == 503
    assert json.loads(answer.text)["relay"] == "down"


def test_a_keeper_that_takes_no_reports_makes_the_server_unwell(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        answering(monkeypatch, {"status": "ok", "keeper": False}),
        ScriptedGateway(house.config.sip_socket, WELL),
    ):
        answer = house.visitor().open("/healthz")
    assert answer.status_code == 503
    assert (answer.get_json()["relay"], answer.get_json()["keeper"]) == ("ok", "down")


def test_health_sets_no_cookie(house: House) -> None:
    assert "Set-Cookie" not in house.visitor().open("/healthz").headers


@pytest.mark.promise("N1.2", "N4.8")
def test_metrics_are_numbers_only(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A figure that nobody declared is not shown, nor is any text."""
    with answering(monkeypatch, FIGURES):
        text = house.visitor().open("/metrics").text
    assert "onmeet_relay_up 1.0" in text
    assert "onmeet_relay_participants 5.0" in text
    assert "onmeet_relay_media_packets_in 10.0" in text
    assert "onmeet_relay_signalling_errors_bad_sdp 3.0" in text
    assert "ada" not in text.lower()
    assert text.count("# TYPE onmeet_relay_up ") == 1


def test_metrics_say_that_the_relay_is_down(house: House) -> None:
    assert "onmeet_relay_up 0.0" in house.visitor().open("/metrics").text


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("192.0.2.7", {}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.7"}, 404),
        ("127.0.0.1", {"Forwarded": "for=192.0.2.7"}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 404),
        ("192.0.2.7", {"X-Forwarded-For": "127.0.0.1"}, 404),
        ("192.0.2.7", {"Authorization": "Bearer let-me-see"}, 200),
        ("192.0.2.7", {"Authorization": "Bearer let-me-seé"}, 404),
        ("192.0.2.7", {"Authorization": "Bearer "}, 404),
    ],
)
@pytest.mark.parametrize("proxies", [0, 1])
def test_metrics_are_for_this_machine_or_the_token(
    build_house: Any, address: str, headers: dict[str, str], status: int, proxies: int
) -> None:
    house: House = build_house(metrics_token="let-me-see", proxies=proxies)
    answer = house.visitor().client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address})
    assert answer.status_code == status


def test_without_a_token_no_bearer_opens_the_metrics(house: House) -> None:
    answer = house.visitor().client.get(
        "/metrics", headers={"Authorization": "Bearer None"}, environ_base={"REMOTE_ADDR": "192.0.2.7"}
    )
    assert answer.status_code == 404
