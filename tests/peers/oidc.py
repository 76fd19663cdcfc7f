"""A sign-in service of an organisation (OpenID Connect), over real HTTP on this machine.

It keeps to the specification, and is strict about what a relying party has to do: its name and secret, the
redirect address, PKCE, each code once. What it says about a person is set by the test.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from flask import Flask, Response, jsonify, redirect, request
from werkzeug.serving import make_server
from werkzeug.wrappers import Response as AnyResponse

__all__ = ["SignInServer", "sign_in_server"]

CLIENT, SECRET = "onmeet", "a secret between the two"


class SignInServer:
    """The service. `person`: the claims about whoever signs in. `spoil`: changes to ID tokens, by claim.

    thin: the ID token has no address; it is at the UserInfo endpoint. header: changes to the token's header.
    asks: browsers are shown a form first, and are sent back only from there.
    """

    def __init__(self) -> None:
        self.person: dict[str, Any] = {"sub": "1", "email": "ada@school.example", "email_verified": True}
        self.spoil: dict[str, Any] = {}
        self.header: dict[str, Any] = {}
        self.thin = self.asks = False
        self.asked: list[dict[str, str]] = []
        """The queries with which browsers came."""
        self._codes: dict[str, dict[str, str]] = {}
        self._tokens: dict[str, dict[str, Any]] = {}
        self._key = _key()
        self._server = make_server("127.0.0.1", 0, self._app(), threaded=True)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        self.description: dict[str, Any] = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/person",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _app(self) -> Flask:
        app = Flask("sign-in service")
        app.add_url_rule("/.well-known/openid-configuration", view_func=self._describe)
        app.add_url_rule("/keys", view_func=self._keys)
        app.add_url_rule("/authorize", view_func=self._authorize, methods=["GET", "POST"])
        app.add_url_rule("/token", view_func=self._token, methods=["POST"])
        app.add_url_rule("/person", view_func=self._person)
        return app

    def _describe(self) -> Response:
        return jsonify(self.description)

    def _keys(self) -> Response:
        numbers = self._key.public_key().public_numbers()
        n, e = (_text(x.to_bytes((x.bit_length() + 7) // 8, "big")) for x in (numbers.n, numbers.e))
        return jsonify(keys=[{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1", "n": n, "e": e}])

    def _authorize(self) -> AnyResponse:
        """Core 1.0 §3.1.2: whoever comes is `person` and agrees at once, or by the form."""
        if self.asks and request.method == "GET":
            return Response(_FORM, mimetype="text/html")
        asked = request.args.to_dict()
        self.asked.append(asked)
        assert asked["response_type"] == "code"
        assert "openid" in asked["scope"].split()
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"], "iss": self.issuer})
        return redirect(f"{asked['redirect_uri']}?{back}")

    def _token(self) -> AnyResponse:
        """§3.1.3, with RFC 7636 §4.6."""
        asked = self._codes.pop(request.form.get("code", ""), None)
        given = request.authorization
        proof = _text(hashlib.sha256(request.form.get("code_verifier", "").encode()).digest())
        if given is None or (given.username, given.password) != (CLIENT, SECRET):
            return _refuse("invalid_client", 401)
        if (
            asked is None
            or request.form.get("grant_type") != "authorization_code"
            or request.form.get("redirect_uri") != asked["redirect_uri"]
            or proof != asked["code_challenge"]
        ):
            return _refuse("invalid_grant", 400)
        token = secrets.token_urlsafe(16)
        self._tokens[token] = self.person
        return jsonify(
            access_token=token, token_type="Bearer", expires_in=60, id_token=self._id_token(asked, token)
        )

    def _person(self) -> AnyResponse:
        given = request.authorization
        person = self._tokens.get(given.token or "") if given is not None else None
        return jsonify(person) if person is not None else _refuse("invalid_token", 401)

    def _id_token(self, asked: dict[str, str], token: str) -> str:
        now = int(time.time())
        half = hashlib.sha256(token.encode()).digest()[:16]
        about = {"sub": self.person["sub"]} if self.thin else self.person
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 60,
            "auth_time": now,
            "nonce": asked.get("nonce"),
            "at_hash": _text(half),
            **about,
            **self.spoil,
        }
        signed = f"{_json({'alg': 'RS256', 'kid': '1', **self.header})}.{_json(claims)}"
        if self.header.get("alg") == "none":
            return f"{signed}."
        return f"{signed}.{_text(self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


_FORM = """<!doctype html><html lang="en"><title>Sign in</title><link rel="icon" href="data:,">
<h1>The sign-in service</h1><form method="post"><button>It is me</button></form></html>"""


@cache
def _key() -> rsa.RSAPrivateKey:
    """Made once: that takes a while."""
    return rsa.generate_private_key(public_exponent=65_537, key_size=2048)


def _refuse(error: str, status: int) -> AnyResponse:
    answer = jsonify(error=error)
    answer.status_code = status
    return answer


def _json(content: dict[str, Any]) -> str:
    return _text(json.dumps(content).encode())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.fixture
def sign_in_server() -> Iterator[SignInServer]:
    """A sign-in service of its own for each test."""
    server = SignInServer()
    yield server
    server.close()
