"""Digest authentication as the one who is asked (RFC 3261 §22, RFC 2617, RFC 7616, RFC 8760).

digest = Digest(Credentials(user, password))
digest.answer(response.headers, request)  # of a 401 or 407: sets (Proxy-)Authorization
digest.renew(request)                     # the same for a later request, without being asked again
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sip.core.headers import Headers
from sip.core.message import Request
from sip.core.parsing import MessageError, params, quote

__all__ = ["ALGORITHMS", "Challenge", "Credentials", "Digest", "NoAnswer", "answer", "best", "compute"]

# RFC 8760 §2; SHA-512-256 needs an OpenSSL that has it. Best first; MD5 is what trunks still ask for.
ALGORITHMS = ("SHA-512-256", "SHA-256", "MD5")

_HASHES = {"SHA-512-256": "sha512_256", "SHA-256": "sha256", "MD5": "md5"}
_PAIRS = (("WWW-Authenticate", "Authorization"), ("Proxy-Authenticate", "Proxy-Authorization"))
_MAX_CHALLENGES = 16
_MAX_ROUNDS = 2


class NoAnswer(MessageError):
    """The challenge cannot be met: no scheme or algorithm that we know, or the password is wrong."""

    def __init__(self, reason: str) -> None:
        super().__init__(403, reason)


@dataclass(frozen=True, slots=True)
class Challenge:
    """One challenge. algorithm: without `-sess`, as in `ALGORITHMS`. qop: what is offered, () without."""

    realm: str
    nonce: str
    algorithm: str
    session: bool
    qop: tuple[str, ...] = ()
    opaque: str | None = None
    stale: bool = False
    algorithm_as_sent: str | None = None

    @classmethod
    def parse(cls, text: str) -> Challenge | None:
        """Read one header value; None for a scheme, an algorithm or a qop that we do not know."""
        scheme, _, rest = text.strip().partition(" ")
        if scheme.lower() != "digest":
            return None
        found = params(rest, ",")
        nonce, realm = found.get("nonce"), found.get("realm")
        sent = found.get("algorithm")
        name = (sent or "MD5").upper()
        algorithm = name.removesuffix("-SESS")
        offered = tuple(word.strip().lower() for word in (found.get("qop") or "").split(",") if word.strip())
        qop = tuple(word for word in ("auth", "auth-int") if word in offered)
        if nonce is None or realm is None or algorithm not in _HASHES or (offered and not qop):
            return None
        if _HASHES[algorithm] not in hashlib.algorithms_available:
            return None
        stale = (found.get("stale") or "").lower() == "true"
        return cls(realm, nonce, algorithm, name.endswith("-SESS"), qop, found.get("opaque"), stale, sent)

    def __repr__(self) -> str:
        return f"<Challenge {self.algorithm}>"


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """What proves us. user: the authentication name, which need not be that of From."""

    user: str
    password: str


def best(values: Iterable[str]) -> Challenge | None:
    """The best of several challenges (RFC 8760 §2.4), in the order of `ALGORITHMS`, None without one."""
    found: list[Challenge] = []
    for text in list(values)[:_MAX_CHALLENGES]:
        try:
            challenge = Challenge.parse(text)
        except MessageError:
            continue
        if challenge is not None:
            found.append(challenge)
    return min(found, key=lambda one: ALGORITHMS.index(one.algorithm), default=None)


def compute(
    challenge: Challenge,
    who: Credentials,
    method: str,
    uri: str,
    body: bytes,
    qop: str | None,
    count: int,
    cnonce: str,
) -> str:
    """The response of a digest (RFC 7616 §3.4.1)."""

    def hashed(*parts: str | bytes) -> str:
        raw = b":".join(part if isinstance(part, bytes) else part.encode() for part in parts)
        return hashlib.new(_HASHES[challenge.algorithm], raw, usedforsecurity=False).hexdigest()

    a1 = hashed(who.user, challenge.realm, who.password)
    if challenge.session:
        a1 = hashed(a1, challenge.nonce, cnonce)
    a2 = hashed(method, uri, hashed(body)) if qop == "auth-int" else hashed(method, uri)
    if qop is None:
        return hashed(a1, challenge.nonce, a2)
    return hashed(a1, challenge.nonce, f"{count:08x}", cnonce, qop, a2)


def answer(
    challenge: Challenge,
    who: Credentials,
    method: str,
    uri: str,
    body: bytes = b"",
    *,
    count: int = 1,
    cnonce: str,
) -> str:
    """Value of Authorization or Proxy-Authorization. count: how often this nonce is used now."""
    qop = challenge.qop[0] if challenge.qop else None
    fields = [
        ("username", quote(who.user)),
        ("realm", quote(challenge.realm)),
        ("nonce", quote(challenge.nonce)),
        ("uri", quote(uri)),
        ("response", quote(compute(challenge, who, method, uri, body, qop, count, cnonce))),
    ]
    if challenge.algorithm_as_sent is not None:
        fields.append(("algorithm", challenge.algorithm_as_sent))
    if challenge.opaque is not None:
        fields.append(("opaque", quote(challenge.opaque)))
    if qop is not None:
        fields += [("qop", qop), ("nc", f"{count:08x}")]
    if qop is not None or challenge.session:
        fields.append(("cnonce", quote(cnonce)))
    return "Digest " + ", ".join(f"{name}={value}" for name, value in fields)


@dataclass(slots=True)
class _Asked:
    challenge: Challenge
    count: int = 0
    rounds: int = 0


@dataclass(slots=True, repr=False)
class Digest:
    """Our answers to one trunk: remembers challenges, counts nonces, notices a wrong password."""

    who: Credentials
    random: Callable[[], str] = lambda: secrets.token_hex(8)
    _asked: dict[tuple[str, str], _Asked] = field(default_factory=dict)

    def answer(self, challenged: Headers, request: Request, refused: Request | None = None) -> None:
        """Put answers to a 401 or 407 into `request`, the next attempt.

        challenged: headers of that response. refused: the request that it refused, the same as `request` when
        that is changed in place. Raises NoAnswer when no challenge can be met, and when a fresh nonce was
        answered already: the password is wrong then, unless the server calls the nonce stale.
        """
        refused = refused or request
        met = False
        for asks, answers in _PAIRS:
            answered = _by_realm(refused.headers.all(answers))
            for realm, values in _by_realm(challenged.all(asks)).items():
                challenge = best(values)
                if challenge is not None:
                    rounds = self._next_round(challenge, answers) if realm in answered else 0
                    self._asked[answers, realm] = _Asked(challenge, rounds=rounds)
                    met = True
        if not met:
            raise NoAnswer("No Challenge That Can Be Met")
        self.renew(request)

    def renew(self, request: Request) -> None:
        """Put answers to all challenges known so far into a request; each counts its nonce up."""
        for _, name in _PAIRS:
            request.headers.remove(name)
        for (name, _), asked in self._asked.items():
            asked.count += 1
            value = answer(
                asked.challenge,
                self.who,
                request.method,
                request.uri,
                request.body,
                count=asked.count,
                cnonce=self.random(),
            )
            request.headers.add(name, value)

    def _next_round(self, challenge: Challenge, answers: str) -> int:
        """How often in a row a fresh nonce was refused as stale. Raises NoAnswer when that must end.

        A nonce that was used before may just have expired, even where the server does not call it stale.
        """
        before = self._asked.get((answers, challenge.realm))
        if before is None or before.count > 1:
            return 0
        if not challenge.stale or before.rounds >= _MAX_ROUNDS:
            raise NoAnswer("Credentials Refused")
        return before.rounds + 1


def _by_realm(values: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for value in values[:_MAX_CHALLENGES]:
        try:
            realm = params(value.strip().partition(" ")[2], ",").get("realm")
        except MessageError:
            continue
        if realm is not None:
            found.setdefault(realm, []).append(value)
    return found
