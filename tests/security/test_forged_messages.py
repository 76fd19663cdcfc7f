"""Messages in the name of the payment provider: forged ones change nothing, strange ones break nothing.

What true messages do, and when they come twice or late, is in tests/billing/test_webhooks.py.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from structlog.testing import capture_logs

from onmeet.billing.payers import Payer
from tests.billing.test_subscriptions import subscribe
from tests.factories.paying import Shop
from tests.peers.stripe.server import SECRET
from tests.security.looks import rows

CANARY = "zephyrine@canary.example"


@pytest.fixture
def shop_of_ada(shop: Shop) -> Shop:
    """Ada has paid, and the messages about it wait."""
    shop.stripe.begin_anew()
    subscribe(shop, Payer(account_id=shop.account(CANARY)))
    return shop


def signed(body: bytes, *, secret: str = SECRET, age: float = 0, scheme: str = "v1") -> str:
    """As the provider documents it: HMAC-SHA-256 over the moment, a point and the body."""
    at = int(time.time() - age)
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},{scheme}={mac}"


def sent(shop: Shop, body: bytes, signature: str | None, kind: str = "application/json", **more: str) -> int:
    headers = {**({} if signature is None else {"Stripe-Signature": signature}), **more}
    with capture_logs() as logged:
        client = shop.house.app.test_client()
        answer = client.post("/billing/webhook", data=body, headers=headers, content_type=kind)
    assert answer.status_code not in (200, 400) or "Set-Cookie" not in answer.headers
    said = json.dumps(logged, default=repr) + answer.text
    for secret in (CANARY, SECRET, "cus_", "sub_", "Traceback", *([signature] if signature else [])):
        assert secret not in said
    return answer.status_code


def test_a_forgery_changes_nothing(shop_of_ada: Shop) -> None:
    shop = shop_of_ada
    body, true = shop.stripe.webhooks.signed(shop.stripe.webhooks.held[0])
    at, mac = true.split(",")[0], true.split("v1=")[1]
    before = rows(shop.house)
    for signature in (
        None, "", "nonsense", "t=,v1=", f"{at},v1=", f"{at},v0={mac}", f"v1={mac}", at, f"t=1,v1={mac}",
        f"{at},v1={mac[:-1]}0"[:-1] + "g", f"{at},v1={mac.upper()}x", f"t={'9' * 400},v1={mac}",
        signed(body, secret="whsec_of_somebody_else"), signed(body, secret=""), signed(body, age=301),
        signed(body, age=10_000_000), signed(body + b" "), signed(body, scheme="v0"), f"{at},v1={'é' * 64}",
        "," * 2000, "t=-1,v1=" + mac,
    ):  # fmt: skip
        assert sent(shop, body, signature) == 400, signature
    for other in (b"", b"{}", body[:-1], body + b" ", body.replace(b"evt_", b"evt-"), b"\xff" * 64):
        assert sent(shop, other, true) == 400
    assert rows(shop.house) == before
    assert sent(shop, body, true) == 200
    assert rows(shop.house) != before, "the true one is taken"


def test_a_message_that_comes_again_changes_nothing_more(shop_of_ada: Shop) -> None:
    body, true = shop_of_ada.stripe.webhooks.signed(shop_of_ada.stripe.webhooks.held[0])
    assert sent(shop_of_ada, body, true) == 200
    after = rows(shop_of_ada.house)
    for signature in (true, signed(body), signed(body, age=290)):
        assert sent(shop_of_ada, body, signature) == 200
    assert rows(shop_of_ada.house) == after


def strange(**changes: Any) -> bytes:
    event = {"object": "event", "id": "evt_9", "type": "customer.subscription.updated", "created": 1}
    thing = {"id": "sub_9", "object": "subscription", "customer": "cus_9", "note": CANARY}
    return json.dumps({**event, "data": {"object": thing}, **changes}).encode()


STRANGE: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"customer=" + CANARY.encode(),
    "half of it": strange()[:40],
    "no text": b"\xff\xfe\x00",
    "a list": b"[]",
    "a number": b"1",
    "a word": b'"event"',
    "null": b"null",
    "not a number": b"NaN",
    "deep": b"[" * 20_000,
    "unknown type": strange(type="payout.paid"),
    "new type": strange(type="x" * 5000),
    "no type": strange(type=None),
    "a type that is a list": strange(type=["invoice.paid"]),
    "no object": strange(data=None),
    "an object that is a word": strange(data={"object": CANARY}),
    "an object that is a list": strange(data={"object": [CANARY]}),
    "a customer that is a list": strange(data={"object": {"id": "sub_9", "customer": [CANARY]}}),
    "a customer that is whole": strange(data={"object": {"id": "sub_9", "customer": {"id": "cus_9"}}}),
    "no name": strange(id=None),
    "a name that is a number": strange(id=9),
    "a time that is a word": strange(created="soon"),
    "a huge time": strange(created=10**30),
    "a surrogate": strange(id="evt_\ud800"),
    "a zero": strange(data={"object": {"id": "sub_\x00", "customer": "cus_\x00"}}),
}


def test_what_is_signed_but_makes_no_sense_breaks_nothing(shop_of_ada: Shop) -> None:
    before = rows(shop_of_ada.house)
    for what, body in STRANGE.items():
        assert sent(shop_of_ada, body, signed(body)) in (200, 400), what
        assert rows(shop_of_ada.house) == before, what


def test_how_a_message_is_wrapped_does_not_matter(shop_of_ada: Shop) -> None:
    body = strange()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        assert sent(shop_of_ada, body, signed(body), kind) == 200
        assert sent(shop_of_ada, body, None, kind) == 400
    assert sent(shop_of_ada, body, signed(body), Origin="https://evil.example") == 403
    assert sent(shop_of_ada, b"x" * 600_000, signed(b"x")) == 413
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        assert shop_of_ada.house.app.test_client().open("/billing/webhook", method=method).status_code == 405
