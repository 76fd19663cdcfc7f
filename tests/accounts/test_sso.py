"""Single sign-on against a real service: what is believed, what is not, and where this server goes."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from onmeet.accounts import fetching
from onmeet.accounts.sso import TRIP_SECONDS, Identity, Oidc, RelyingSide, SsoFailed, Trip
from onmeet.errors import ProviderError
from tests.peers.oidc import CLIENT, SECRET, SignInServer, sign_in_server

__all__ = ["sign_in_server"]

BACK = "https://meet.example.org/sign-in/sso/back"


@pytest.fixture
def oidc() -> Oidc:
    return Oidc(private=True)


@pytest.fixture
def side(sign_in_server: SignInServer) -> RelyingSide:
    return RelyingSide(sign_in_server.issuer, CLIENT, SECRET, BACK)


def there_and_back(address: str) -> dict[str, str]:
    """What a browser does: goes to the service, which sends it back with an answer."""
    sent = requests.get(address, allow_redirects=False, timeout=30).headers["Location"]
    assert sent.startswith(BACK)
    return {name: values[0] for name, values in parse_qs(urlsplit(sent).query).items()}


def signed_in(oidc: Oidc, side: RelyingSide, *, again: bool = False) -> Identity:
    address, trip = oidc.begin(side, again=again)
    return oidc.finish(side, trip, there_and_back(address))


def test_who_comes_back_has_the_address_that_the_service_confirmed(
    oidc: Oidc, side: RelyingSide, sign_in_server: SignInServer
) -> None:
    sign_in_server.person |= {"email": "Ada@School.example", "name": " Ada Lovelace "}
    assert signed_in(oidc, side) == Identity("ada@school.example", "Ada Lovelace", sign_in_server.issuer, "1")
    (asked,) = sign_in_server.asked
    assert asked["redirect_uri"] == BACK
    assert "prompt" not in asked


def test_an_address_that_is_only_at_the_other_endpoint_is_found(
    oidc: Oidc, side: RelyingSide, sign_in_server: SignInServer
) -> None:
    sign_in_server.thin = True
    assert signed_in(oidc, side).email == "ada@school.example"


def test_who_is_to_prove_to_be_there_is_asked_again(
    oidc: Oidc, side: RelyingSide, sign_in_server: SignInServer
) -> None:
    signed_in(oidc, side, again=True)
    assert sign_in_server.asked[-1]["prompt"] == "login"
    for when in (int(time.time()) - 3600, int(time.time()) + 3600, None, "now"):
        sign_in_server.spoil = {"auth_time": when}
        with pytest.raises(SsoFailed):
            signed_in(oidc, side, again=True)


@pytest.mark.parametrize(
    "spoil",
    [
        {"iss": "https://evil.example"},
        {"aud": "somebody else"},
        {"aud": [CLIENT, "somebody else"]},
        {"azp": "somebody else"},
        {"exp": 1_000_000},
        {"exp": "soon"},
        {"iat": 99_999_999_999},
        {"nonce": "another"},
        {"nonce": None},
        {"at_hash": "AAAA"},
        {"email_verified": False},
        {"email_verified": "true"},
        {"email_verified": None},
        {"email": "nobody"},
        {"email": ["ada@school.example"]},
        {"sub": None},
        {"sub": ""},
        {"sub": 1},
        {"sub": ["1"]},
        {"sub": "1" * 256},
    ],
    ids=str,
)
def test_a_token_with_something_wrong_is_not_believed(
    oidc: Oidc, side: RelyingSide, sign_in_server: SignInServer, spoil: dict[str, Any]
) -> None:
    sign_in_server.spoil = spoil
    with pytest.raises(SsoFailed):
        signed_in(oidc, side)


@pytest.mark.parametrize(
    "header", [{"alg": "none"}, {"alg": "HS256"}, {"kid": "2"}, {"crit": ["x"]}], ids=str
)
def test_a_token_with_a_wrong_head_is_not_believed(
    oidc: Oidc, side: RelyingSide, sign_in_server: SignInServer, header: dict[str, Any]
) -> None:
    sign_in_server.header = header
    with pytest.raises(SsoFailed):
        signed_in(oidc, side)


def test_somebody_elses_address_is_not_taken_from_the_other_endpoint(
    oidc: Oidc, side: RelyingSide, sign_in_server: SignInServer
) -> None:
    sign_in_server.thin = True
    sign_in_server.spoil = {"sub": "2"}
    with pytest.raises(SsoFailed):
        signed_in(oidc, side)


def test_a_code_is_worth_something_once_and_with_our_secrets(oidc: Oidc, side: RelyingSide) -> None:
    address, trip = oidc.begin(side)
    answer = there_and_back(address)
    for other in (replace(trip, verifier="x" * 64), trip):  # the wrong try has used the code up
        with pytest.raises(SsoFailed):
            oidc.finish(side, other, answer)
    with pytest.raises(SsoFailed):
        signed_in(oidc, replace(side, secret="another"))


def test_an_answer_to_another_question_is_refused(oidc: Oidc, side: RelyingSide) -> None:
    address, trip = oidc.begin(side)
    answer = there_and_back(address)
    wrong: list[tuple[Trip, dict[str, str]]] = [
        (replace(trip, state="another"), answer),
        (replace(trip, ends=trip.ends - TRIP_SECONDS - 1), answer),
        (trip, answer | {"state": "ü"}),
        (trip, answer | {"iss": "https://evil.example"}),
        (trip, {"state": trip.state, "error": "access_denied"}),
        (trip, {}),
    ]
    for remembered, given in wrong:
        with pytest.raises(SsoFailed):
            oidc.finish(side, remembered, given)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("issuer", "https://evil.example"),
        ("authorization_endpoint", "javascript:alert(1)"),
        ("authorization_endpoint", None),
        ("token_endpoint", "http://192.0.2.1/token"),
        ("jwks_uri", 7),
    ],
)
def test_a_service_that_describes_itself_wrongly_is_not_used(
    oidc: Oidc, side: RelyingSide, sign_in_server: SignInServer, name: str, value: object
) -> None:
    sign_in_server.description[name] = value
    with pytest.raises(SsoFailed):
        signed_in(oidc, side)


def test_without_leave_this_machine_is_not_asked(side: RelyingSide) -> None:
    with pytest.raises(SsoFailed, match="https"):
        Oidc().begin(side)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "10.1.2.3", "169.254.169.254", "[fd00::1]",
     "0.0.0.0", "2130706433", "224.0.0.1"],
)  # fmt: skip
def test_no_address_inside_is_fetched(host: str) -> None:
    with requests.Session() as session:
        fetching.careful(session, private=False)
        with pytest.raises((ProviderError, requests.exceptions.InvalidURL)):
            session.get(f"https://{host}/")


def test_no_redirect_is_followed(sign_in_server: SignInServer) -> None:
    with requests.Session() as session:
        fetching.careful(session, private=True)
        address = f"{sign_in_server.issuer}/authorize?response_type=code&scope=openid&client_id={CLIENT}"
        with pytest.raises(requests.TooManyRedirects):
            session.get(
                f"{address}&code_challenge_method=S256&state=1&redirect_uri={sign_in_server.issuer}/keys"
            )


def serving(talk: Callable[[socket.socket], None]) -> tuple[str, threading.Thread, socket.socket]:
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
            try:
                talk(connection)
            except OSError:
                return

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}/", thread, listener


def test_an_endless_answer_is_given_up() -> None:
    def talk(connection: socket.socket) -> None:
        while True:
            connection.sendall(b"x" * 65_536)

    address, thread, listener = serving(talk)
    with listener, requests.Session() as session:
        fetching.careful(session, private=True)
        with pytest.raises(ProviderError):
            session.get(address)
    thread.join(30)
    assert not thread.is_alive()


def test_an_answer_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    given_up = threading.Event()
    seconds = itertools.count()
    monkeypatch.setattr(fetching, "monotonic", lambda: float(next(seconds)))  # one with each piece

    def talk(connection: socket.socket) -> None:
        while not given_up.wait(0.05):
            connection.sendall(b"x")

    address, thread, listener = serving(talk)
    with listener, requests.Session() as session:
        fetching.careful(session, private=True)
        with pytest.raises(ProviderError):
            session.get(address)
    given_up.set()
    thread.join(30)
    assert not thread.is_alive()
