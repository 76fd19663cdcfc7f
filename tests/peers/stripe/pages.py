"""The hosted pages: Checkout with a card form and a 3-D Secure step, and the customer portal.

Plain HTML without scripts. What a test presses: buttons named `pay`, `complete`, `refuse`, `cancel`, `renew`,
`seats`, `card`; the link `#back` leaves.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template_string, request
from werkzeug.wrappers import Response as AnyResponse

from tests.peers.stripe.cards import Card, card_of
from tests.peers.stripe.world import Raw, World

__all__ = ["blueprint"]

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{{ title }}</title>
<meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<style>body{font:1rem sans-serif;max-width:28rem;margin:2rem auto}label{display:block;margin:.5rem 0}</style>
<h1>{{ title }}</h1>{% if problem %}<p role="alert" id="problem">{{ problem }}</p>{% endif %}"""

_CHECKOUT = (
    _PAGE
    + """<p id="amount">{{ amount }}</p>{% if trial %}<p id="trial">Trial until {{ trial }}</p>{% endif %}
<form method="post" action="/c/pay/{{ name }}">
<label>E-mail <input name="email" type="email" required value="{{ given.email }}"></label>
<label>Name on card <input name="name" required value="{{ given.name }}"></label>
<label>Card number <input name="card" inputmode="numeric" required value="{{ given.card }}"></label>
<label>Country <input name="country" required maxlength="2" value="{{ given.country or 'DE' }}"></label>
{% if adjustable %}<label>Seats <input name="quantity" type="number" min="1" value="{{ quantity }}"></label>
{% endif %}<button name="pay" value="1">Subscribe</button></form>
<p><a id="back" href="{{ back }}">Back</a></p>"""
)

_SECURE = (
    _PAGE
    + """<form method="post"><button name="complete" value="1">Complete authentication</button>
<button name="refuse" value="1">Fail authentication</button></form>"""
)

_PORTAL = (
    _PAGE
    + """{% for one in subscriptions %}<form method="post" class="subscription">
<input type="hidden" name="subscription" value="{{ one.id }}">
<p>{{ one.status }}{% if one.cancel_at_period_end %}, ends with the period{% endif %}</p>
{% if one.cancel_at_period_end %}<button name="renew" value="1">Don't cancel</button>
{% else %}<button name="cancel" value="1">Cancel subscription</button>{% endif %}
{% if seats %}<label>Seats <input name="quantity" type="number" min="1" value="{{ one.seats }}"></label>
<button name="seats" value="1">Change seats</button>{% endif %}
<label>Card number <input name="number"></label><button name="card" value="1">Change card</button>
</form>{% endfor %}
<ul id="invoices">{% for one in invoices %}<li>{{ one.number }} {{ one.status }}</li>{% endfor %}</ul>
<p><a id="back" href="{{ back }}">Back</a></p>"""
)


def blueprint(world: World) -> Blueprint:
    """Pages that people meet, without a key."""
    pages = Blueprint("pages", __name__)
    waiting: dict[str, tuple[Card, Raw]] = {}

    def checkout(session: Raw, problem: str = "") -> str:
        given = session["_given"]
        line = given["line_items"][0]
        price = world.get("price", line["price"])
        return render_template_string(
            _CHECKOUT,
            title="Subscribe",
            name=session["id"],
            problem=problem,
            amount=f"{price['unit_amount'] / 100:.2f} {price['currency'].upper()}"
            f" per {price['recurring']['interval']}",
            trial=given["subscription_data"].get("trial_end"),
            given=request.form,
            adjustable="adjustable_quantity" in line,
            quantity=line.get("quantity", 1),
            back=session["cancel_url"],
        )

    def complete(session: Raw, card: Card, form: Raw) -> AnyResponse:
        given = session["_given"]
        line = given["line_items"][0]
        customer = world.customer(session["customer"])
        customer.update(email=form["email"], name=form["name"], address={"country": form["country"].upper()})
        trial_end = given["subscription_data"].get("trial_end")
        subscription = world.subscribe(
            customer["id"],
            world.get("price", line["price"]),
            int(form.get("quantity") or line.get("quantity", 1)),
            trial_end=int(trial_end) if trial_end else None,
            card=card,
            metadata=given["subscription_data"].get("metadata"),
        )
        session.update(status="complete", subscription=subscription["id"])
        world.say("checkout.session.completed", session)
        return redirect(session["success_url"], 303)

    def open_session(name: str) -> Raw:
        session = world.things.get(name)
        if session is None or session["object"] != "checkout.session":
            abort(404)
        return session

    @pages.route("/c/pay/<name>", methods=["GET", "POST"])
    def pay(name: str) -> AnyResponse | str:
        with world.lock:
            session = open_session(name)
            if session["status"] == "complete":
                return redirect(session["success_url"], 303)
            if session["status"] != "open":
                return Response("This page has expired.", 410)
            if request.method == "GET":
                return checkout(session)
            card = card_of(request.form["card"])
            trial = session["_given"]["subscription_data"].get("trial_end")
            if card is None:
                return checkout(session, "Your card number is invalid.")
            if not card.accepted or (not card.pays and not trial):
                return checkout(session, "Your card was declined.")
            if card.asks:
                waiting[name] = (card, request.form.to_dict())
                return redirect(f"/c/secure/{name}", 303)
            return complete(session, card, request.form.to_dict())

    @pages.route("/c/secure/<name>", methods=["GET", "POST"])
    def secure(name: str) -> AnyResponse | str:
        with world.lock:
            session = open_session(name)
            if name not in waiting:
                abort(404)
            if request.method == "GET":
                return render_template_string(_SECURE, title="3-D Secure")
            card, form = waiting.pop(name)
            if "complete" not in request.form:
                return checkout(session, "We are unable to authenticate your payment method.")
            return complete(session, card, form)

    @pages.route("/p/session/<name>", methods=["GET", "POST"])
    def portal(name: str) -> AnyResponse | str:
        with world.lock:
            session = world.get("billing_portal.session", name)
            if request.method == "POST":
                _act(world, session, request.form)
                return redirect(request.path, 303)
            return render_template_string(_PORTAL, **_portal(world, session))

    return pages


def _portal(world: World, session: Raw) -> dict[str, Any]:
    features = world.get("billing_portal.configuration", session["configuration"])["features"]
    allowed = features["subscription_update"].get("default_allowed_updates", [])
    subscriptions = [
        {**one, "seats": world.item(one)["quantity"]}
        for one in world.all("subscription", customer=session["customer"])
        if one["status"] != "canceled"
    ]
    return {
        "title": "Your subscription",
        "subscriptions": subscriptions,
        "seats": "quantity" in allowed,
        "invoices": world.all("invoice", customer=session["customer"]),
        "back": session["return_url"],
    }


def _act(world: World, session: Raw, form: Any) -> None:
    subscription = world.get("subscription", form["subscription"])
    if subscription["customer"] != session["customer"]:
        abort(404)
    if "cancel" in form:
        world.change(subscription, cancel_at_period_end=True)
    elif "renew" in form:
        world.change(subscription, cancel_at_period_end=False)
    elif "seats" in form:
        world.set_quantity(subscription, int(form["quantity"]))
    elif "card" in form and (card := card_of(form["number"])) is not None and card.accepted:
        world.cards[subscription["id"]] = card
        world.change(subscription, default_payment_method=world.name("pm"))
        for invoice in world.all("invoice", customer=session["customer"], status="open"):
            world.charge(subscription, invoice)
