"""Single sign-on by OpenID Connect (Core 1.0): authorization code flow with PKCE, state and nonce.

This server is the relying party of a sign-in service that belongs to an organisation. It takes from it who
the person in front of the browser is there, and which address, confirmed by that service, they have.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from onmeet.accounts.fetching import careful
from onmeet.accounts.people import is_email, normal_email
from onmeet.errors import ProviderError

if TYPE_CHECKING:
    from authlib.integrations.requests_client import OAuth2Session

__all__ = ["Identity", "Oidc", "RelyingSide", "SsoFailed", "Trip"]

TRIP_SECONDS = 600
"""How long somebody may take at the sign-in service."""

_LEEWAY = 60  # seconds by which clocks may differ
_MAX_SUBJECT = 255  # §2: ASCII characters
_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]


class SsoFailed(ProviderError):
    """The sign-in service did not say who this is, or what it said cannot be believed."""


@dataclass(frozen=True, slots=True)
class RelyingSide:
    """What this server is at a sign-in service. back: the redirect URI, registered there."""

    issuer: str
    client: str
    secret: str
    back: str

    def __repr__(self) -> str:
        return "RelyingSide()"  # the secret stays out of tracebacks


@dataclass(frozen=True, slots=True)
class Trip:
    """What this browser has to bring back: kept in its session until then. ends: unix seconds."""

    state: str
    nonce: str
    verifier: str
    ends: int
    again: bool

    def packed(self) -> dict[str, Any]:
        """As it lies in a session."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the service says it is; the address is one that it has confirmed.

    issuer, subject: together they name one person and, unlike addresses, never another one (§5.7).
    """

    email: str
    name: str
    issuer: str
    subject: str


class Oidc:
    """The client; thread-safe. private: sign-in services may be at private addresses."""

    def __init__(self, *, private: bool = False, wall_clock: Callable[[], float] = time.time) -> None:
        self._private = private
        self._wall_clock = wall_clock

    def begin(self, side: RelyingSide, *, again: bool = False) -> tuple[str, Trip]:
        """The address to go to, and what to remember meanwhile (§3.1.2.1).

        again: the service is to ask for the password even from somebody whom it knows. Raises `SsoFailed`.
        """
        with self._session(side) as session:
            found = self._discover(session, side.issuer)
            trip = Trip(
                state=secrets.token_urlsafe(24),
                nonce=secrets.token_urlsafe(24),
                verifier=secrets.token_urlsafe(48),
                ends=int(self._wall_clock()) + TRIP_SECONDS,
                again=again,
            )
            asked = {"prompt": "login", "max_age": "0"} if again else {}
            address, _ = session.create_authorization_url(
                _text(found, "authorization_endpoint"),
                state=trip.state,
                nonce=trip.nonce,
                code_verifier=trip.verifier,
                **asked,
            )
        if not address.startswith(("https://", "http://")):
            raise SsoFailed("an address that is none")
        return str(address), trip

    def finish(self, side: RelyingSide, trip: Trip, answer: Mapping[str, str]) -> Identity:
        """Who came back (§3.1.2.5 to §3.1.3.7). `answer`: the query of the redirect. Raises `SsoFailed`."""
        if trip.ends < self._wall_clock() or not hmac.compare_digest(
            answer.get("state", "").encode(), trip.state.encode()
        ):
            raise SsoFailed("not the answer to our question")
        # RFC 9207: an answer of another service than the one that was asked
        if answer.get("iss", side.issuer) != side.issuer or "code" not in answer:
            raise SsoFailed("refused")
        with self._session(side) as session:
            found = self._discover(session, side.issuer)
            tokens = self._tokens(session, _text(found, "token_endpoint"), answer["code"], trip)
            claims = self._claims(session, side, found, tokens, trip)
            return self._identity(session, found, tokens, claims)

    def _session(self, side: RelyingSide) -> OAuth2Session:
        from authlib.integrations.requests_client import OAuth2Session  # slow to load, and seldom needed

        session = OAuth2Session(
            side.client,
            side.secret or None,
            redirect_uri=side.back,
            scope="openid email profile",
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic" if side.secret else "none",
        )
        careful(session, private=self._private)
        return session

    def _discover(self, session: OAuth2Session, issuer: str) -> dict[str, Any]:
        """The service's description of itself (Discovery 1.0 §4)."""
        found = self._json(session, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if str(found.get("issuer", "")).rstrip("/") != issuer.rstrip("/"):
            raise SsoFailed("another issuer")
        return found

    def _json(self, session: OAuth2Session, url: str, token: str = "") -> dict[str, Any]:
        import requests

        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            answer = session.get(url, withhold_token=True, headers=headers)
            content = answer.json() if answer.status_code == 200 else None
        except (requests.RequestException, ValueError, RecursionError):
            raise SsoFailed("no answer") from None
        except ProviderError as error:
            raise SsoFailed(str(error)) from None
        if not isinstance(content, dict):
            raise SsoFailed("no answer")
        return content

    def _tokens(self, session: OAuth2Session, url: str, code: str, trip: Trip) -> dict[str, Any]:
        import requests
        from authlib.common.errors import AuthlibBaseError

        try:
            tokens = session.fetch_token(
                url, grant_type="authorization_code", code=code, code_verifier=trip.verifier
            )
        except (requests.RequestException, AuthlibBaseError, ValueError, RecursionError):
            raise SsoFailed("no token") from None
        except ProviderError as error:
            raise SsoFailed(str(error)) from None
        return dict(tokens)

    def _claims(
        self,
        session: OAuth2Session,
        side: RelyingSide,
        found: Mapping[str, Any],
        tokens: Mapping[str, Any],
        trip: Trip,
    ) -> dict[str, Any]:
        """The claims of the ID token, once everything about it is in order (§3.1.3.7)."""
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        keys: Any = self._json(session, _text(found, "jwks_uri"))
        try:
            token = jwt.decode(_text(tokens, "id_token"), KeySet.import_key_set(keys), algorithms=_ALGORITHMS)
            claims = CodeIDToken(
                token.claims,
                token.header,
                options={
                    "iss": {"essential": True, "value": found["issuer"]},
                    "aud": {"essential": True, "value": side.client},
                    "nonce": {"essential": True, "value": trip.nonce},
                },
                params={
                    "nonce": trip.nonce,
                    "client_id": side.client,
                    "access_token": tokens.get("access_token"),
                },
            )
            now = int(self._wall_clock())
            claims.validate(now=now, leeway=_LEEWAY)
        except (JoseError, ValueError, KeyError, TypeError, AttributeError):
            raise SsoFailed("an ID token that cannot be believed") from None
        if trip.again and not self._just_now(claims.get("auth_time"), trip, now):
            raise SsoFailed("nobody was asked")
        return dict(claims)

    def _just_now(self, auth_time: object, trip: Trip, now: int) -> bool:
        """Whether the service asked for the password during this very trip."""
        begun = trip.ends - TRIP_SECONDS
        return isinstance(auth_time, int) and begun - _LEEWAY <= auth_time <= now + _LEEWAY

    def _identity(
        self,
        session: OAuth2Session,
        found: Mapping[str, Any],
        tokens: Mapping[str, Any],
        claims: dict[str, Any],
    ) -> Identity:
        """The confirmed address (§5.1); from the UserInfo endpoint when the ID token is silent (§5.3)."""
        if "email" not in claims and found.get("userinfo_endpoint"):
            more = self._json(session, _text(found, "userinfo_endpoint"), _text(tokens, "access_token"))
            if more.get("sub") != claims.get("sub"):
                raise SsoFailed("somebody else")
            claims = {**more, **claims}
        email = claims.get("email")
        if not isinstance(email, str) or not is_email(email) or claims.get("email_verified") is not True:
            raise SsoFailed("no confirmed address")
        name, subject = claims.get("name"), claims.get("sub")
        if not isinstance(subject, str) or not 0 < len(subject) <= _MAX_SUBJECT:
            raise SsoFailed("nobody")
        known_as = name.strip()[:64] if isinstance(name, str) else ""
        return Identity(normal_email(email), known_as, str(claims["iss"]), subject)


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str):
        raise SsoFailed(f"no {name}")
    return value
