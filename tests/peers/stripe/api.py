"""The API, as far as OnMeet uses it: /v1/… with a secret key, idempotency keys and Stripe's errors."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request

from tests.peers.stripe.forms import nested
from tests.peers.stripe.world import DAY, Raw, Refused, World

__all__ = ["blueprint"]

View = Callable[..., Raw]
Fault = Callable[[], int | None]


def blueprint(world: World, key: str, origin: Callable[[], str], fault: Fault) -> Blueprint:
    """fault: the status with which a request fails before anything is done, or None."""
    api = Blueprint("api", __name__, url_prefix="/v1")
    answered: dict[str, tuple[str, int, str]] = {}

    def route(rule: str, *methods: str) -> Callable[[View], View]:
        def add(view: View) -> View:
            def answer(**found: str) -> Response:
                return _answer(world, key, answered, fault, lambda: view(_given(), **found))

            api.add_url_rule(rule, view.__name__, answer, methods=methods or ("GET",))
            return view

        return add

    @route("/customers", "POST")
    def make_customer(given: Raw) -> Raw:
        return world.put(
            "cus",
            "customer",
            metadata=given.get("metadata", {}),
            preferred_locales=given.get("preferred_locales", []),
            email=given.get("email"),
            name=given.get("name"),
            address=None,
            deleted=False,
        )

    @route("/customers/<name>")
    def show_customer(given: Raw, name: str) -> Raw:
        return world.get("customer", name)

    @route("/customers/<name>", "DELETE")
    def delete_customer(given: Raw, name: str) -> Raw:
        return world.delete_customer(name)

    @route("/products", "POST")
    def make_product(given: Raw) -> Raw:
        product = world.put("prod", "product", name=given["name"], active=True)
        if "id" in given:
            if given["id"] in world.things:
                raise Refused(400, "resource_already_exists", "Product already exists.")
            del world.things[product["id"]]
            product["id"] = given["id"]
            world.things[product["id"]] = product
        return product

    @route("/products/<name>")
    def show_product(given: Raw, name: str) -> Raw:
        return world.get("product", name)

    @route("/prices", "POST")
    def make_price(given: Raw) -> Raw:
        world.get("product", given["product"])
        if world.all("price", lookup_key=given["lookup_key"]):
            raise Refused(400, "lookup_key_taken", "A price already uses that lookup key.")
        return world.put(
            "price",
            "price",
            active=True,
            product=given["product"],
            currency=given["currency"],
            unit_amount=int(given["unit_amount"]),
            recurring={"interval": given["recurring"]["interval"], "interval_count": 1},
            lookup_key=given["lookup_key"],
            metadata=given.get("metadata", {}),
            type="recurring",
        )

    @route("/prices")
    def list_prices(given: Raw) -> Raw:
        wanted = given.get("lookup_keys")
        return _page(given, [p for p in world.all("price") if not wanted or p["lookup_key"] in wanted])

    @route("/subscriptions", "POST")
    def make_subscription(given: Raw) -> Raw:
        item = given["items"][0]
        days = int(given.get("trial_period_days", 0))
        missing = given.get("trial_settings", {}).get("end_behavior", {}).get("missing_payment_method")
        if not days or missing != "cancel":
            raise Refused(400, "parameter_missing", "This customer has no attached payment source.")
        return world.subscribe(
            given["customer"],
            world.get("price", item["price"]),
            int(item.get("quantity", 1)),
            trial_end=world.now() + days * DAY,
            metadata=given.get("metadata"),
        )

    @route("/subscriptions")
    def list_subscriptions(given: Raw) -> Raw:
        world.get("customer", given["customer"])
        return _page(given, world.all("subscription", customer=given["customer"]))

    @route("/subscriptions/<name>")
    def show_subscription(given: Raw, name: str) -> Raw:
        return world.get("subscription", name)

    @route("/subscriptions/<name>", "POST")
    def change_subscription(given: Raw, name: str) -> Raw:
        subscription = world.get("subscription", name)
        item = given["items"][0]
        if item["id"] != world.item(subscription)["id"]:
            raise Refused(404, "resource_missing", "No such subscription item")
        return world.set_quantity(subscription, int(item["quantity"]))

    @route("/subscriptions/<name>", "DELETE")
    def cancel_subscription(given: Raw, name: str) -> Raw:
        return world.end(world.get("subscription", name))

    @route("/checkout/sessions", "POST")
    def make_page(given: Raw) -> Raw:
        world.customer(given["customer"])
        world.get("price", given["line_items"][0]["price"])
        trial_end = given["subscription_data"].get("trial_end")
        if trial_end is not None and int(trial_end) - world.now() < 2 * DAY:
            raise Refused(400, "parameter_invalid_integer", "The trial_end must be at least 2 days away.")
        session = world.put(
            "cs_test",
            "checkout.session",
            customer=given["customer"],
            mode=given["mode"],
            status="open",
            subscription=None,
            success_url=given["success_url"],
            cancel_url=given["cancel_url"],
            locale=given.get("locale"),
        )
        session["url"] = f"{origin()}/c/pay/{session['id']}"
        session["_given"] = given
        return session

    @route("/checkout/sessions")
    def list_pages(given: Raw) -> Raw:
        wanted = {key: given[key] for key in ("customer", "status") if key in given}
        return _page(given, world.all("checkout.session", **wanted))

    @route("/checkout/sessions/<name>/expire", "POST")
    def expire_page(given: Raw, name: str) -> Raw:
        session = world.get("checkout.session", name)
        if session["status"] != "open":
            raise Refused(400, "resource_not_open", "Only Checkout Sessions with a status of open expire.")
        session.update(status="expired", url=None)
        return session

    @route("/billing_portal/configurations", "POST")
    def make_configuration(given: Raw) -> Raw:
        for product in given["features"]["subscription_update"].get("products", []):
            world.get("product", product["product"])
        return world.put(
            "bpc",
            "billing_portal.configuration",
            active=True,
            features=given["features"],
            metadata=given.get("metadata", {}),
        )

    @route("/billing_portal/configurations")
    def list_configurations(given: Raw) -> Raw:
        return _page(given, world.all("billing_portal.configuration"))

    @route("/billing_portal/sessions", "POST")
    def make_portal(given: Raw) -> Raw:
        world.customer(given["customer"])
        world.get("billing_portal.configuration", given["configuration"])
        session = world.put(
            "bps",
            "billing_portal.session",
            customer=given["customer"],
            configuration=given["configuration"],
            return_url=given["return_url"],
        )
        session["url"] = f"{origin()}/p/session/{session['id']}"
        return session

    @route("/invoices")
    def list_invoices(given: Raw) -> Raw:
        wanted = {key: given[key] for key in ("customer", "status") if key in given}
        return _page(given, world.all("invoice", **wanted))

    @route("/invoices/<name>")
    def show_invoice(given: Raw, name: str) -> Raw:
        return world.get("invoice", name)

    @route("/events")
    def list_events(given: Raw) -> Raw:
        since = int(given.get("created", {}).get("gte", 0))
        kinds = given.get("types")
        return _page(
            given,
            [
                event
                for event in reversed(world.events)
                if event["created"] >= since and (not kinds or event["type"] in kinds)
            ],
        )

    return api


def _given() -> Raw:
    pairs = [*request.args.items(multi=True), *request.form.items(multi=True)]
    return nested(pairs)


def _page(given: Raw, found: list[Raw]) -> Raw:
    limit = int(given.get("limit", 10))
    if not 1 <= limit <= 100:
        raise Refused(400, "parameter_invalid_integer", "Limit must be between 1 and 100")
    after = given.get("starting_after")
    if after:
        ids = [one["id"] for one in found]
        found = found[ids.index(after) + 1 :]
    return {"object": "list", "url": request.path, "data": found[:limit], "has_more": len(found) > limit}


def _answer(
    world: World,
    key: str,
    answered: dict[str, tuple[str, int, str]],
    fault: Fault,
    view: Callable[[], Raw],
) -> Response:
    if request.headers.get("Authorization") != f"Bearer {key}":
        return _json(_error("invalid_request_error", "", "Invalid API Key provided"), 401)
    if (status := fault()) is not None:
        return _json(_error("api_error", "", "Something went wrong"), status)
    name = request.headers.get("Idempotency-Key", "")
    asked = hashlib.sha256(repr((request.path, sorted(request.form.items(multi=True)))).encode()).hexdigest()
    with world.lock:
        if name in answered:
            before, status, body = answered[name]
            if before != asked:
                return _json(_error("idempotency_error", "", "Keys for idempotent requests…"), 400)
            return Response(
                body, status, mimetype="application/json", headers={"Idempotent-Replayed": "true"}
            )
        try:
            status, body = 200, json.dumps(shown(view()))
        except Refused as refused:
            error = _error("invalid_request_error", refused.code, refused.message)
            status, body = refused.status, json.dumps(error)
        if name and request.method == "POST":
            answered[name] = (asked, status, body)
    return Response(body, status, mimetype="application/json")


def shown(thing: Any) -> Any:
    """What the API shows of a thing: not what the world remembers under an underscore."""
    if isinstance(thing, dict):
        return {key: shown(value) for key, value in thing.items() if not key.startswith("_")}
    return [shown(one) for one in thing] if isinstance(thing, list) else thing


def _error(kind: str, code: str, message: str) -> Raw:
    return {"error": {"type": kind, "message": message, **({"code": code} if code else {})}}


def _json(body: Raw, status: int) -> Response:
    return Response(json.dumps(body), status, mimetype="application/json")
