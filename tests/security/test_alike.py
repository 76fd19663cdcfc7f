"""Nobody finds out whether somebody has an account, by what is said or by how long it takes.

How long the services take is measured in tests/accounts/test_by_the_clock.py; here whole requests are.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from werkzeug.test import TestResponse

from onmeet.accounts.models import Account
from onmeet.accounts.passwords import Passwords
from onmeet.groups.models import GroupDomain
from tests.accounts.test_by_the_clock import ROUNDS, UNLIKELY, chance
from tests.factories.authenticator import Authenticator
from tests.factories.house import House
from tests.peers.oidc import CLIENT, SECRET, SignInServer
from tests.security.looks import seen
from tests.security.somebody import Somebody
from tests.web.test_factors import Keyholder

pytestmark = pytest.mark.timeout(300)  # hundreds of requests, on a machine that others use, too

UNKNOWN = "unknown@school.example"
KINDS = ("open", "pending", "closed", "keyless", "member")

Ask = Callable[["Street", str], TestResponse]


class Street:
    """One account of each kind; a password costs some milliseconds, as in earnest."""

    def __init__(self, house: House, service: SignInServer) -> None:
        self.house = house
        behind = house.services
        behind.accounts._passwords = Passwords(time_cost=1, memory_kib=16 * 1024)
        for kind in ("open", "closed", "keyless", "member"):
            behind.accounts.register(f"{kind}@school.example", "some password", proven=True)
        behind.registering.begin("pending@school.example", "some password")
        behind.oversight.close(behind.accounts.id_of("closed@school.example") or 0)
        with behind.database.writing() as session:
            keyless = session.get(Account, behind.accounts.id_of("keyless@school.example"))
            assert keyless is not None
            keyless.password = None
        behind.accounts.register("head@example.org", "some password", proven=True)
        head = behind.accounts.id_of("head@example.org") or 0
        group = behind.groups.create(head, "Linden School", date(2026, 1, 1))
        with behind.database.writing() as session:
            proven = date(2026, 1, 1)
            session.add(GroupDomain(group_id=group, domain="school.example", token="x", verified_on=proven))
        behind.single_sign_on.change(head, issuer=service.issuer, client=CLIENT, secret=SECRET, required=True)
        behind.arrivals.join(group, behind.accounts.id_of("member@school.example") or 0)
        self.handle = behind.handles.choose(behind.accounts.id_of("open@school.example") or 0, "open")
        self.guest = Somebody("guest", house.visitor())
        self.ada = Somebody("ada", house.member("ada@example.org"))


@pytest.fixture(scope="module")
def street(lasting: Any, service: SignInServer) -> Street:
    return Street(lasting(sso_private=True), service)


def signs_in(street: Street, email: str) -> TestResponse:
    street.house.clock.pass_by(60)
    return street.guest.ask("POST", "/sign-in", {"email": email, "password": "a guess too far"})


def registers(street: Street, email: str) -> TestResponse:
    return street.guest.ask("POST", "/register", {"email": email, "password": "a heron lands at dusk"})


def forgets(street: Street, email: str) -> TestResponse:
    return street.guest.ask("POST", "/forgotten", {"email": email})


def asks_the_service(street: Street, email: str) -> TestResponse:
    answer = street.guest.ask("POST", "/sign-in/sso", {"email": email})
    # The way there has a state and a challenge of its own each time
    answer.set_data(answer.get_data(as_text=True).partition("/authorize?")[0])
    return answer


def asks_about_data(street: Street, email: str) -> TestResponse:
    return street.guest.ask("POST", "/privacy/requests", {"kind": "access", "email": email})


def moves(street: Street, email: str) -> TestResponse:
    fields = {"email-email": email, "email-password": "seven green parrots"}
    return street.ada.ask("POST", "/account/email", fields)


@pytest.mark.promise("N1.10")
@pytest.mark.parametrize("act", [signs_in, registers, forgets, asks_the_service, asks_about_data, moves])
def test_every_kind_of_account_gets_the_answer_of_none(street: Street, act: Ask) -> None:
    """Whatever somebody asks with an address, the answer does not tell whether it has an account."""
    nobodys = seen(act(street, UNKNOWN), UNKNOWN)
    for kind in KINDS:
        email = f"{kind}@school.example"
        assert seen(act(street, email), email) == nobodys, kind


def calls(street: Street, handle: str) -> TestResponse:
    return street.guest.ask("GET", f"/u/{handle}")


def times(street: Street, act: Ask, known: str, unknown: str) -> tuple[list[float], list[float]]:
    """Seconds of whole requests, asked in turns; the first ones fill caches."""
    found: dict[str, list[float]] = {known: [], unknown: []}
    for number in range(ROUNDS + 5):
        for each in (known, unknown) if number % 2 else (unknown, known):
            began = time.perf_counter()
            act(street, each)
            found[each].append(time.perf_counter() - began)
    return found[known][5:], found[unknown][5:]


@pytest.mark.parametrize("kind", ["keyless", "pending"])
def test_a_wrong_password_takes_as_long_for_every_kind_of_account(street: Street, kind: str) -> None:
    known, unknown = times(street, signs_in, f"{kind}@school.example", UNKNOWN)
    assert chance(known, unknown) > UNLIKELY


def test_a_page_that_is_nobodys_takes_as_long_as_one_that_says_nothing(street: Street) -> None:
    assert calls(street, street.handle).status_code == 404
    known, unknown = times(street, calls, street.handle, "nobody-0000")
    assert chance(known, unknown) > UNLIKELY


def test_a_password_that_is_not_hashed_would_be_noticed(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The measurement above is fine enough: with the mistake that it looks for, it fails."""
    real = Passwords.matches
    monkeypatch.setattr(
        Passwords, "matches", lambda self, encoded, password: bool(encoded) and real(self, encoded, password)
    )
    known, unknown = times(street, signs_in, "open@school.example", UNKNOWN)
    assert chance(known, unknown) < UNLIKELY


def test_what_a_browser_needs_for_a_passkey_is_the_same_for_everybody(street: Street) -> None:
    """No passkey is named before one has been shown, whoever has signed in there before."""
    told = []
    for visitor in (street.house.visitor(), street.ada.visitor):
        options = Keyholder(visitor).post("/sign-in/passkey/options").json
        assert options is not None
        told.append({name: value for name, value in options.items() if name != "challenge"})
        assert not told[-1].get("allowCredentials")
    assert told[0] == told[1]


def test_a_known_passkey_with_a_wrong_signature_is_refused_as_an_unknown_one(street: Street) -> None:
    ada = Keyholder(street.house.member("keys@example.org"), Authenticator("http://localhost"))
    assert ada.add().status_code == 200
    forged = Authenticator("http://localhost", id=ada.device.id, user=ada.device.user)
    answers = [
        Keyholder(street.house.visitor(), device).use("/sign-in/passkey")
        for device in (forged, Authenticator("http://localhost"))
    ]
    assert answers[0].status_code == 422
    assert seen(answers[0], "-") == seen(answers[1], "-")
