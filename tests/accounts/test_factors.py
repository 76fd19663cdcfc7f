"""Codes of an app, recovery codes, and what an account may do without."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyotp
import pytest

from onmeet.accounts.attempts import Attempts, TooManyAttempts
from onmeet.accounts.factors import FRESH_SECONDS, Factors, Held, WrongCode
from onmeet.accounts.recovery_codes import Spent
from onmeet.accounts.totp import setup_address
from tests.accounts.test_passkeys import account, made
from tests.factories.house import PASSWORD, House

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
"""That of the RFC. Of secrets by chance, one in some thousands has the code that is guessed below."""


@pytest.fixture
def factors(house: House) -> Factors:
    return Factors(
        house.services.database,
        key=house.config.marks_key,
        wall_clock=house.clock,
        attempts=Attempts(house.clock),
    )


@pytest.fixture
def ada(house: House) -> int:
    return account(house, "ada@example.org")


@pytest.fixture
def app(factors: Factors, house: House, ada: int) -> pyotp.TOTP:
    """The authenticator app of Ada, set up; its first code is a step ago."""
    assert factors.totp.turn_on(ada, SECRET, pyotp.TOTP(SECRET).at(int(house.clock())))
    house.clock.pass_by(30)
    return pyotp.TOTP(SECRET)


def now(app: pyotp.TOTP, house: House, steps: int = 0) -> str:
    return str(app.at(int(house.clock()), counter_offset=steps))


def test_the_codes_are_those_of_the_rfc(house: House, ada: int, factors: Factors) -> None:
    """RFC 6238, appendix B: the last six digits at T = 1111111111 of the key `12345678901234567890`."""
    house.clock.seconds = 1_111_111_111
    assert factors.totp.turn_on(ada, SECRET, "050471")


def test_a_secret_is_only_kept_when_the_app_has_it(factors: Factors, ada: int) -> None:
    assert not factors.totp.turn_on(ada, SECRET, "000000")
    assert factors.of(ada) == Held(password=True, passkeys=0, totp=False, codes=0)


def test_a_code_is_taken_once_and_no_older_one_after_it(
    factors: Factors, house: House, ada: int, app: pyotp.TOTP
) -> None:
    code = now(app, house)
    assert factors.totp.takes(ada, f" {code[:3]} {code[3:]}")
    assert not factors.totp.takes(ada, code)
    assert not factors.totp.takes(ada, now(app, house, -1))
    assert factors.totp.takes(ada, now(app, house, 1))


@pytest.mark.parametrize(("steps", "taken"), [(-2, False), (0, True), (1, True), (2, False)])
def test_clocks_may_be_one_step_apart(
    factors: Factors, house: House, ada: int, app: pyotp.TOTP, steps: int, taken: bool
) -> None:
    assert factors.totp.takes(ada, now(app, house, steps)) is taken


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "١٢٣٤٥٦", "abcdef", "\ud800"])
def test_what_is_no_code_is_refused(factors: Factors, ada: int, app: pyotp.TOTP, typed: str) -> None:
    with pytest.raises(WrongCode):
        factors.second(ada, typed)


def test_the_address_for_the_app_holds_the_secret_and_whose_it_is() -> None:
    address = setup_address(SECRET, "ada@example.org")
    assert address.startswith("otpauth://totp/OnMeet:ada%40example.org?")
    assert f"secret={SECRET}" in address


def test_a_recovery_code_opens_once(factors: Factors, ada: int) -> None:
    codes = factors.codes.renew(ada)
    assert len(set(codes)) == 10
    factors.second(ada, codes[0].upper().replace("-", " "))
    assert factors.codes.left(ada) == 9
    with pytest.raises(WrongCode):
        factors.second(ada, codes[0])


def test_new_recovery_codes_end_the_old_ones(factors: Factors, ada: int) -> None:
    old, new = factors.codes.renew(ada), factors.codes.renew(ada)
    assert not factors.codes.takes(ada, old[0])
    assert factors.codes.takes(ada, new[0])


def test_the_last_code_makes_ten_new_ones(factors: Factors, ada: int) -> None:
    """Codes that ran out would leave the password as the only step."""
    made(factors.passkeys, ada)
    *others, last = factors.codes.renew(ada)
    for left, code in zip(range(9, 0, -1), others, strict=True):
        assert factors.second(ada, code) == Spent(left)
    spent = factors.second(ada, last)
    assert spent is not None
    assert (spent.left, len(set(spent.renewed) - {last, *others})) == (10, 10)
    assert factors.of(ada) == Held(password=True, passkeys=1, totp=False, codes=10)
    assert factors.of(ada).asks_second
    with pytest.raises(WrongCode):
        factors.second(ada, last)
    assert factors.second(ada, spent.renewed[0]) == Spent(9)


def test_two_at_once_do_not_use_up_all_codes(factors: Factors, ada: int) -> None:
    codes = factors.codes.renew(ada)
    for code in codes[:8]:
        factors.second(ada, code)
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda code: factors.codes.takes(ada, code), codes[8:]))
    assert sorted(spent.left for spent in both if spent) == [1, 10]
    assert factors.codes.left(ada) == 10


def test_recovery_codes_of_somebody_else_open_nothing(factors: Factors, house: House, ada: int) -> None:
    codes = factors.codes.renew(account(house, "bob@example.org"))
    assert not factors.codes.takes(ada, codes[0])


def test_who_guesses_waits_ever_longer_but_not_for_ever(
    factors: Factors, house: House, ada: int, app: pyotp.TOTP
) -> None:
    waits = []
    for _ in range(40):
        try:
            factors.second(ada, "000000")
        except WrongCode:
            continue
        except TooManyAttempts as wait:
            waits.append(wait.seconds)
            house.clock.pass_by(wait.seconds)
    assert waits == sorted(waits)
    assert waits[-1] == 300
    house.clock.pass_by(300)
    factors.second(ada, now(app, house))


def test_what_asks_for_a_second_step() -> None:
    def held(**what: Any) -> Held:
        return Held(**{"password": True, "passkeys": 0, "totp": False, "codes": 0, **what})

    assert not held().asks_second
    assert not held(passkeys=2).asks_second
    assert held(totp=True).asks_second
    assert held(passkeys=1, codes=3).asks_second


def test_the_password_goes_when_passkeys_and_codes_are_there(
    factors: Factors, house: House, ada: int
) -> None:
    assert not factors.drop_password(ada)
    made(factors.passkeys, ada)
    assert not factors.drop_password(ada)
    factors.codes.renew(ada)
    assert factors.drop_password(ada)
    assert factors.of(ada) == Held(password=False, passkeys=1, totp=False, codes=10)
    assert house.visitor().sign_in("ada@example.org", PASSWORD).status_code == 422


def test_the_only_way_in_is_not_removed(factors: Factors, ada: int) -> None:
    made(factors.passkeys, ada)
    factors.codes.renew(ada)
    factors.drop_password(ada)
    (line,) = factors.passkeys.of(ada)
    assert not factors.remove_passkey(ada, line.id)
    made(factors.passkeys, ada)
    assert factors.remove_passkey(ada, line.id)


def test_codes_go_with_the_last_second_factor(factors: Factors, ada: int, app: pyotp.TOTP) -> None:
    made(factors.passkeys, ada)
    factors.codes.renew(ada)
    factors.turn_off_totp(ada)
    assert factors.of(ada) == Held(password=True, passkeys=1, totp=False, codes=10)
    assert factors.remove_passkey(ada, factors.passkeys.of(ada)[0].id)
    assert factors.of(ada) == Held(password=True, passkeys=0, totp=False, codes=0)


def test_a_proof_is_fresh_for_ten_minutes(factors: Factors, house: House) -> None:
    at = int(house.clock())
    assert factors.is_fresh(at)
    house.clock.pass_by(FRESH_SECONDS)
    assert not factors.is_fresh(at)
    assert not factors.is_fresh(0)
