"""The web process's questions to the telephone gateway, and every way in which an answer can fail to come."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from onmeet.phone import control
from onmeet.phone.control import DIAL_ERRORS, DialError, DialRefused, GatewayUnreachable
from tests.factories.gateway import ScriptedGateway

CALL = {"room": "abc-defg-hjk", "number": "+49301234567", "account": 7, "language": "de"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sip.sock"


def test_status_tells_trunks_calls_and_all_other_numbers(path: Path) -> None:
    answer = {"ok": True, "trunks": 2, "registered": 1, "calls": 3, "packets": 4.5, "name": "x", "up": True}
    with ScriptedGateway(path, answer) as gateway:
        status = control.status(path, 30.0)
    assert gateway.asked == [{"do": "status"}]
    assert (status.trunks, status.registered, status.calls) == (2, 1, 3)
    assert status.figures == {"trunks": 2.0, "registered": 1.0, "calls": 3.0, "packets": 4.5}


def test_a_call_is_asked_for_with_all_that_the_gateway_needs(path: Path) -> None:
    with ScriptedGateway(path, {"ok": True}) as gateway:
        control.dial(path, **CALL, timeout=30.0)  # type: ignore[arg-type]
    assert gateway.asked == [{"do": "dial", **CALL}]


@pytest.mark.parametrize("code", DIAL_ERRORS)
def test_a_refusal_says_why(path: Path, code: DialError) -> None:
    with ScriptedGateway(path, {"error": code}), pytest.raises(DialRefused) as refused:
        control.dial(path, **CALL, timeout=30.0)  # type: ignore[arg-type]
    assert refused.value.code == code


@pytest.mark.parametrize(
    "answer",
    [b"", b"\n", b"{", b"[]\n", b"7\n", b'{"error": "moon"}\n', b"{}\n", b'{"ok": 1}\n', b"\xff\n",
     b"[" * 9000 + b"\n", b"x" * 20_000],
    ids=lambda answer: repr(answer[:12]),
)  # fmt: skip
def test_nonsense_is_no_answer(path: Path, answer: bytes) -> None:
    with ScriptedGateway(path, answer):
        with pytest.raises(GatewayUnreachable):
            control.status(path, 30.0)
        with pytest.raises(GatewayUnreachable):
            control.dial(path, **CALL, timeout=30.0)  # type: ignore[arg-type]


def test_a_gateway_that_is_not_there_or_says_nothing_is_given_up(path: Path) -> None:
    with pytest.raises(GatewayUnreachable):
        control.status(path, 1.0)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as silent:
        silent.bind(str(path))
        silent.listen()
        with pytest.raises(GatewayUnreachable):
            control.status(path, 0.05)
