"""An operator with a browser of their own, who came with a second factor."""

from __future__ import annotations

import pyotp

from tests.factories.house import House, Visitor

__all__ = ["operator", "strong_sign_in"]


def operator(house: House, email: str = "root@example.org") -> Visitor:
    """Appoint an account, give it an authenticator app, and sign in with it."""
    visitor = house.member(email)
    number = house.services.accounts.id_of(email)
    assert number is not None
    assert house.services.oversight.appoint(number, True)
    secret = pyotp.random_base32()
    code = pyotp.TOTP(secret).at(int(house.clock()))
    assert house.services.factors.totp.turn_on(number, secret, code)
    strong_sign_in(house, visitor, number)
    return visitor


def strong_sign_in(house: House, visitor: Visitor, number: int) -> None:
    """A sign-in as it is after the second factor."""
    signed_in = house.services.accounts.begin(number, days=1, strong=True)
    with visitor.client.session_transaction() as session:
        session["_user_id"] = signed_in.token
