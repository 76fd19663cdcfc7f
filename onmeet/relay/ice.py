"""ICE-lite (RFC 8445 §2.5): the relay's side of connectivity checks, without any input or output.

The relay never sends checks. It answers those of browsers, each found by the first half of its USERNAME,
and learns from them where a peer is: USE-CANDIDATE binds a path, a later one moves it (another
network, another NAT port), and checks that stop coming mean that consent is gone (RFC 7675).

    Directory.receive(datagram, path, now) → Verdict(reply, agent)
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from struct import pack

from onmeet.relay import stun

__all__ = ["CONSENT_SECONDS", "Address", "Agent", "Credentials", "Directory", "Path", "Verdict"]

Address = tuple[str, int] | tuple[str, int, int, int]
"""A socket address as Python gives it: IPv4 (host, port), IPv6 (host, port, flow, scope)."""
Path = tuple[int, Address]
"""The number of a socket of ours, and the peer's address: one candidate pair."""

CONSENT_SECONDS = 30.0  # RFC 7675 §5.1
FOLLOW_SECONDS = 7.0  # longer than the longest interval of consent checks (RFC 7675 §5.1)
"""A bound path that stays silent this long yields to one that is checked without USE-CANDIDATE.

Firefox's consent checks carry none, so this is how they are followed through a new NAT binding."""
MAX_PATHS = 16
"""Paths of one peer on which media is taken; the one heard least recently is forgotten."""

ICE_CHARS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"  # RFC 8839 §5.4


def _token(length: int) -> str:
    return "".join(secrets.choice(ICE_CHARS) for _ in range(length))


@dataclass(frozen=True, slots=True)
class Credentials:
    """A username fragment and its password (RFC 8445 §5.3)."""

    ufrag: str
    password: str = field(repr=False)

    @classmethod
    def fresh(cls) -> Credentials:
        """Random ones: 72 bits to find a peer by, 144 bits to prove it."""
        return cls(_token(12), _token(24))


class Agent:
    """One peer's ICE state: its credentials, where it is, and when it was last heard.

    During a restart two generations of credentials are valid; a nomination under the new ones ends
    the old ones (RFC 8445 §9).
    """

    __slots__ = ("credentials", "heard", "path", "paths", "previous")

    def __init__(self, credentials: Credentials) -> None:
        self.credentials = credentials
        self.previous: Credentials | None = None
        self.path: Path | None = None
        self.paths: dict[Path, float] = {}
        self.heard: float | None = None

    def consent(self, now: float) -> bool:
        """Whether the peer has lately shown that it wants what is sent to it (RFC 7675)."""
        return self.heard is not None and now - self.heard < CONSENT_SECONDS

    def checked(self, path: Path, nominated: bool, now: float) -> None:
        """Note a valid check on `path`, which may bind it."""
        self.heard = now
        self.paths.pop(path, None)
        self.paths[path] = now
        if nominated or self._silent(now):
            self.path = path
        while len(self.paths) > MAX_PATHS:
            del self.paths[next(other for other in self.paths if other != self.path)]

    def _silent(self, now: float) -> bool:
        """Whether there is a bound path that went silent. The first one waits for nomination."""
        return self.path is not None and now - self.paths.get(self.path, 0.0) > FOLLOW_SECONDS


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a STUN datagram meant.

    reply: to be sent back to where the datagram came from.
    agent: whose valid check it was; None when it was no valid check.
    """

    reply: bytes | None = None
    agent: Agent | None = None


NOTHING = Verdict()


class Directory:
    """All agents of the relay by username fragment; gives each datagram its verdict."""

    def __init__(self) -> None:
        self._agents: dict[str, tuple[Agent, Credentials]] = {}

    def __len__(self) -> int:
        return len(self._agents)

    def create(self) -> Agent:
        """A new agent with fresh credentials."""
        agent = Agent(self._register(None))
        self._agents[agent.credentials.ufrag] = (agent, agent.credentials)
        return agent

    def restart(self, agent: Agent) -> Credentials:
        """New credentials for `agent`; those that are bound now stay valid until a nomination.

        A restart on top of one that was never nominated replaces only the newer credentials.
        """
        if agent.previous is None:
            agent.previous = agent.credentials
        else:
            self._agents.pop(agent.credentials.ufrag, None)
        agent.credentials = self._register(agent)
        return agent.credentials

    def remove(self, agent: Agent) -> None:
        """Forget an agent; its checks are answered with 401 from now on. Idempotent."""
        for credentials in (agent.credentials, agent.previous):
            if credentials is not None:
                self._agents.pop(credentials.ufrag, None)

    def receive(self, datagram: bytes, path: Path, now: float) -> Verdict:
        """Judge one datagram that looks like STUN. Never raises."""
        message = stun.parse(datagram)
        if message is None or message.type != stun.BINDING_REQUEST:
            return NOTHING
        username = message.username
        if username is None or message.signed is None:
            return Verdict(_error(message, 400, "Bad Request"))
        agent, credentials = self._agents.get(username[0], (None, None))
        if agent is None or credentials is None:
            return Verdict(_error(message, 401, "Unauthorized"))
        key = credentials.password.encode("ascii")
        if not message.authentic(key):
            return Verdict(_error(message, 401, "Unauthorized"))
        if message.unknown:
            return Verdict(_error(message, 420, "Unknown Attribute", key))
        if stun.ICE_CONTROLLED in message.attributes:
            # We are lite and thus always controlled: the other side must switch (RFC 8445 §7.3.1.1).
            return Verdict(_error(message, 487, "Role Conflict", key))
        nominated = stun.USE_CANDIDATE in message.attributes
        if nominated and credentials is agent.credentials:
            self._retire_previous(agent)
        agent.checked(path, nominated, now)
        return Verdict(_success(message, path[1], key), agent)

    def _register(self, agent: Agent | None) -> Credentials:
        credentials = Credentials.fresh()
        while credentials.ufrag in self._agents:
            credentials = Credentials.fresh()
        if agent is not None:
            self._agents[credentials.ufrag] = (agent, credentials)
        return credentials

    def _retire_previous(self, agent: Agent) -> None:
        if agent.previous is not None:
            self._agents.pop(agent.previous.ufrag, None)
            agent.previous = None


def _success(message: stun.StunMessage, address: Address, key: bytes) -> bytes:
    mapped = stun.xor_address(address[0], address[1], message.transaction)
    attributes = [(stun.XOR_MAPPED_ADDRESS, mapped)]
    return stun.build(stun.BINDING_SUCCESS, message.transaction, attributes, key)


def _error(message: stun.StunMessage, code: int, reason: str, key: bytes | None = None) -> bytes:
    """An error response, signed once the sender has proved that it knows the password."""
    attributes = [(stun.ERROR_CODE, stun.error_code(code, reason))]
    if code == 420:
        unknown = b"".join(pack("!H", number) for number in message.unknown)
        attributes.append((stun.UNKNOWN_ATTRIBUTES, unknown))
    return stun.build(stun.BINDING_ERROR, message.transaction, attributes, key)
