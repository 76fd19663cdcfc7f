"""What every response says to the browser, and which requests are not answered at all.

The policy starts from nothing: scripts run only with the nonce of the page or when such a script loads them;
text becomes script in no way but the one Trusted Types policy of the room page.
"""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, abort, g, request

from onmeet.config import Config
from onmeet.web.noting import note

__all__ = [
    "content_policy",
    "csp_nonce",
    "init_app",
    "names_this_machine",
    "safe_path",
    "same_origin",
    "site_origin",
]

CAMERA_ENDPOINTS = frozenset({"meetings.room"})
"""The pages that may ask for camera, microphone and screen."""

PASSKEY_ENDPOINTS = frozenset(
    {
        "accounts.sign_in", "accounts.begin_session", "second.page", "second.take_code", "checking.page",
        "checking.by_code", "checking.by_password", "passkeys.new",
    }
)  # fmt: skip
"""The pages that may make a passkey or ask for one."""

_IN_MEETINGS = (
    "autoplay", "camera", "display-capture", "fullscreen", "microphone", "picture-in-picture",
    "screen-wake-lock", "speaker-selection",
)  # fmt: skip
_WITH_PASSKEYS = ("publickey-credentials-create", "publickey-credentials-get")
_EVERYWHERE = ("clipboard-write",)
_NOWHERE = (
    "accelerometer", "browsing-topics", "clipboard-read",
    "cross-origin-isolated", "display-capture", "encrypted-media", "geolocation", "gyroscope", "hid",
    "identity-credentials-get", "idle-detection", "local-fonts", "magnetometer", "midi",
    "otp-credentials", "payment", "private-state-token-issuance", "private-state-token-redemption",
    "serial", "storage-access", "sync-xhr", "usb", "window-management", "xr-spatial-tracking",
)  # fmt: skip

_FOR_ALL = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Origin-Agent-Cluster": "?1",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}

_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def init_app(app: Flask, config: Config) -> None:
    """Guard every request of `app` and dress every response."""
    app.before_request(lambda: _refuse_foreign(config))
    app.after_request(_dress)
    app.add_template_global(csp_nonce, "csp_nonce")


def csp_nonce() -> str:
    """The nonce of this response: the same for each script of the page."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def same_origin(origin: str, public_url: str | None) -> bool:
    """Whether an `Origin` header names this site: its public address or the address of the request.

    Schemes are not compared with the request's, because a proxy may end TLS in front of it.
    """
    if public_url is not None and origin == public_url:
        return True
    try:
        return urlsplit(origin).scheme in ("http", "https") and urlsplit(origin).netloc == request.host
    except ValueError:
        return False


def site_origin(config: Config) -> str:
    """Scheme and host for addresses that lead back here from elsewhere, without a slash at the end.

    Where the operator has not said what they are, a request is believed when it names this machine; what else
    a `Host` header says could be anybody's.
    """
    if config.public_url is not None:
        return config.public_url
    if names_this_machine() or _host() in config.media_ips:
        return f"{request.scheme}://{request.host}"
    return f"http://localhost:{config.port}"


def safe_path(target: str | None) -> str | None:
    """`target` when it is a path on this site that a redirect may lead to, else None."""
    if not target or len(target) > 500 or not target.startswith("/") or target.startswith("//"):
        return None
    # Browsers read a backslash as a slash and drop tabs and line ends
    if "\\" in target or any(ord(c) <= 0x20 or ord(c) == 0x7F for c in target):
        return None
    try:
        parts = urlsplit(target)
    except ValueError:
        return None
    return None if parts.scheme or parts.netloc else target


def _refuse_foreign(config: Config) -> None:
    """Stop requests for another host and, besides the CSRF token, those that another site sends."""
    # Whoever watches over the server asks by its inner address
    if config.public_url is not None and request.blueprint != "health" and not _host_known(config.public_url):
        abort(400)
    if request.method not in _UNSAFE:
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        note("foreign-origin")
        abort(403)
    # 'null' is what a browser sends with a form of ours, because of our Referrer-Policy
    origin = request.headers.get("Origin", "null")
    if origin != "null" and not same_origin(origin, config.public_url):
        note("foreign-origin")
        abort(403)


def names_this_machine() -> bool:
    """Whether the request was sent to a name that means this machine on every machine."""
    return _host() in _LOOPBACK


def _host_known(public_url: str) -> bool:
    return names_this_machine() or _host() == urlsplit(public_url).hostname


def _host() -> str:
    try:
        return urlsplit(f"//{request.host}").hostname or ""
    except ValueError:
        return ""


def _dress(response: Response) -> Response:
    headers = response.headers
    for name, value in _FOR_ALL.items():
        headers.setdefault(name, value)
    headers.setdefault("Content-Security-Policy", content_policy())
    headers.setdefault("Permissions-Policy", _permissions(request.endpoint))
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.path.startswith("/m/"):
        headers.setdefault("X-Robots-Tag", "noindex, nofollow")
    return response


def content_policy(forms_to: tuple[str, ...] = ()) -> str:
    """The policy of a page. forms_to: other origins to which its forms may lead, redirects included."""
    rules = [
        "default-src 'none'",
        f"script-src 'nonce-{csp_nonce()}' 'strict-dynamic'",
        "style-src 'self'",
        "img-src 'self'",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        " ".join(("form-action 'self'", *forms_to)),
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types onmeet",
    ]
    if request.is_secure:
        rules.append("upgrade-insecure-requests")
    return "; ".join(rules)


def _permissions(endpoint: str | None) -> str:
    own = {*_EVERYWHERE}
    own.update(_IN_MEETINGS if endpoint in CAMERA_ENDPOINTS else ())
    own.update(_WITH_PASSKEYS if endpoint in PASSKEY_ENDPOINTS else ())
    names = sorted({*_IN_MEETINGS, *_EVERYWHERE, *_WITH_PASSKEYS, *_NOWHERE})
    return ", ".join(f"{name}={'(self)' if name in own else '()'}" for name in names)
