"""For whoever runs the server: is every part up, and how much is it used, in figures about nobody."""

from __future__ import annotations

import hmac
import ipaddress
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from onmeet import __version__
from onmeet.notices import outlets
from onmeet.phone import control
from onmeet.signalling import client as relay
from onmeet.web.limits import limiter
from onmeet.web.services import services

__all__ = ["blueprint", "from_this_machine", "live", "parts"]

blueprint = Blueprint("health", __name__)
limiter.exempt(blueprint)

_RELAY_SECONDS = 2.0
_GATEWAY_SECONDS = 2.0
_PROXY_HEADERS = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")


@blueprint.get("/healthz")
def healthz() -> Response:
    """200 when every part answers, else 503."""
    up = parts()
    well = False not in up.values()
    answer = jsonify(
        status="ok" if well else "down",
        version=__version__,
        **{name: "off" if answers is None else "ok" if answers else "down" for name, answers in up.items()},
        notice=services().policy.notice.name,
        notice_version=services().policy.notice.version,
    )
    answer.status_code = 200 if well else 503
    return answer


def parts() -> dict[str, bool | None]:
    """Which of the other processes answer; None for one that is switched off."""
    relay_says = _ask("health")
    # the keeper takes the relay's reports: without it nothing is deleted in time
    keeper = bool((relay_says or {}).get("keeper"))
    sip = (_gateway() is not None) if services().config.sip else None
    return {"relay": relay_says is not None, "keeper": keeper, "sip": sip}


def live() -> dict[str, int]:
    """How much the relay does at this moment; empty when it gives no answer."""
    figures = dict(_numbers(_ask("metrics") or {}))
    return {name: int(figures[name]) for name in ("rooms", "participants", "phones") if name in figures}


@blueprint.get("/metrics")
def metrics() -> Response:
    """Aggregates for Prometheus: with the token, or on this machine and not through a proxy."""
    if not _may_read_metrics():
        abort(404)
    registry = CollectorRegistry()
    figures = _ask("metrics")
    shown = dict(_numbers(figures or {})) | {"up": float(figures is not None)}
    for name, value in shown.items():
        if (declared := outlets.figure(name)) is not None:
            Gauge(f"onmeet_relay_{name}", f"Relay: {declared.reason}", registry=registry).set(value)
    for name, value in _gateway_figures().items():
        if (declared := outlets.figure(name)) is not None:
            Gauge(f"onmeet_{name}", f"Telephone: {declared.reason}", registry=registry).set(value)
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _ask(query: str) -> dict[str, Any] | None:
    """The relay's answer, or None when it gives none in time."""
    try:
        return relay.query(services().config.relay_socket, {"query": query}, timeout=_RELAY_SECONDS)
    except relay.RelayUnreachable:
        return None


def _gateway() -> control.GatewayStatus | None:
    """How the telephone gateway is, or None when it gives no answer in time."""
    try:
        return control.status(services().config.sip_socket, _GATEWAY_SECONDS)
    except control.GatewayUnreachable:
        return None


def _gateway_figures() -> dict[str, float]:
    if not services().config.sip:
        return {}
    gateway = _gateway()
    figures = {} if gateway is None else {f"sip_{name}": value for name, value in gateway.figures.items()}
    return figures | {"sip_up": float(gateway is not None)}


def _numbers(figures: dict[str, Any], prefix: str = "") -> list[tuple[str, float]]:
    """The numbers in a nested answer, under names joined by an underscore; all else is left out."""
    found: list[tuple[str, float]] = []
    for key, value in sorted(figures.items()):
        name = f"{prefix}{key}".replace("-", "_")  # error codes have hyphens
        if isinstance(value, dict):
            found += _numbers(value, f"{name}_")
        elif type(value) in (int, float) and name.isidentifier() and name.isascii():
            found.append((name, float(value)))
    return found


def _may_read_metrics() -> bool:
    token = services().config.metrics_token
    given = request.headers.get("Authorization", "")
    if token is not None and hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return True
    return from_this_machine()


def from_this_machine() -> bool:
    """By the address of the connection itself, never by what a header says."""
    original = request.environ.get("werkzeug.proxy_fix.orig", request.environ)
    try:
        loopback = ipaddress.ip_address(original.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
    return loopback and not any(request.headers.get(name) for name in _PROXY_HEADERS)
