"""The settings: read once from the environment into a frozen `Config`, then handed on as an argument.

Every setting is one row of `SETTINGS`; the README's table is compared with it by a test. A value that
cannot be used stops the start with a `ConfigError` that names the setting and says what to set.
"""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from onmeet import keyfiles
from onmeet.errors import ConfigError

__all__ = ["SETTINGS", "Config", "Setting", "database_url", "detect_addresses"]

_SENDER = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")
_KEY = re.compile(r"[0-9a-fA-F]{64}")

LINE_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the settings table: environment variable, default as shown, meaning."""

    name: str
    default: str
    meaning: str


_NAMELESS = "this OnMeet server"

SETTINGS: tuple[Setting, ...] = (
    Setting("PORT", "8000", "TCP port of the web pages"),
    Setting("ONMEET_BIND", "127.0.0.1", "address of the web pages; 0.0.0.0 behind a PaaS router"),
    Setting("ONMEET_DATA", "var", "folder for database, keys and sockets"),
    Setting("ONMEET_KEYS", "keys in the data folder", "folder of the keys, apart from the data if you like"),
    Setting("SECRET_KEY", "made at first start", "signs cookies; at least 32 characters"),
    Setting("ONMEET_MARKS_KEY", "made at first start", "finds accounts by address; 64 hex digits"),
    Setting("ONMEET_KMS_COMMAND", "none", "program of a key service that wraps the master key"),
    Setting("ONMEET_SEAL", "auto", "seal personal text in the database: auto (PostgreSQL) or always"),
    Setting("DATABASE_URL", "SQLite in the data folder", "SQLAlchemy URL; postgres:// is understood"),
    Setting("REDIS_URL", "none: counted in memory", "redis://… or rediss://…, where rate limits are counted"),
    Setting("ONMEET_PUBLIC_URL", "taken from each request", "origin that people type: https://meet.example.org"),
    Setting("ONMEET_PROXIES", "0", "number of trusted reverse proxies in front of the web pages"),
    Setting("ONMEET_MEDIA_PORT", "3479", "UDP port of the relay; 0 takes any free one"),
    Setting("ONMEET_MEDIA_IP", "detected", "addresses at which browsers reach the relay, with commas"),
    Setting("ONMEET_SIP", "on", "the telephone gateway: on or off"),
    Setting("ONMEET_SIP_PORT", "5060", "UDP and TCP port of the telephone gateway; TLS takes the next one"),
    Setting("ONMEET_SIP_BIND", "127.0.0.1", "address of the telephone gateway; 0.0.0.0 with a trunk"),
    Setting("ONMEET_RTP_PORTS", "30000-30399", "UDP ports for the sound of calls; 0 takes any free ones"),
    Setting("ONMEET_PHONE", "none: this machine only", "TOML file of trunks and numbers, or its text"),
    Setting("ONMEET_NOTICE", "on-meet", "privacy notice: the name of a shipped one or a TOML file"),
    Setting("ONMEET_OPERATOR", _NAMELESS, "who runs this instance, as people know them"),
    Setting("ONMEET_CONTACT_EMAIL", "none", "address for questions about privacy, shown in the notice"),
    Setting("ONMEET_CONTACT_ADDRESS", "none", "postal address of whoever runs this instance, in one line"),
    Setting("ONMEET_START", "anyone", "who may start a meeting: anyone or accounts"),
    Setting("ONMEET_REGISTRATION", "open", "whether people may register themselves: open or closed"),
    Setting("ONMEET_MAX_PARTICIPANTS", "50", "most people in one meeting, 2 to 200"),
    Setting("ONMEET_METRICS_TOKEN", "none", "bearer token that opens /metrics to other machines"),
    Setting("ONMEET_SMTP_URL", "none: mails lie at /outbox", "mail server: smtp://user:password@host:587 or smtps://…"),
    Setting("ONMEET_MAIL_FROM", "none", "sender of mails; required with ONMEET_SMTP_URL"),
    Setting("ONMEET_STRIPE_KEY", "none: free for all", "secret key at Stripe; opens the payment pages"),
    Setting("ONMEET_STRIPE_WEBHOOK_SECRET", "none", "signs Stripe's webhooks; required with its key"),
    Setting("ONMEET_STRIPE_API", "Stripe's own", "origin of its API, for a proxy or a test"),
    Setting("ONMEET_PLANS", "those that come with OnMeet", "TOML file of plans and prices"),
    Setting("ONMEET_SSO_PRIVATE", "off", "sign-in services of groups at private addresses: on or off"),
    Setting("ONMEET_LOG_LEVEL", "info", "debug, info, warning or error"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything that may differ between two instances."""

    port: int
    bind: str
    data: Path
    keys: Path
    secret_key: str = field(repr=False)
    marks_key: bytes = field(repr=False)
    kms_command: str | None = field(repr=False)
    seal: str
    database_url: str = field(repr=False)
    redis_url: str | None = field(repr=False)
    public_url: str | None
    proxies: int
    media_port: int
    media_ips: tuple[str, ...]
    sip: bool
    sip_port: int
    sip_bind: str
    rtp_ports: tuple[int, int] | None
    phone: str = field(repr=False)
    notice: str
    operator: str
    contact_email: str
    contact_address: str
    start: str
    registration: str
    max_participants: int
    metrics_token: str | None = field(repr=False)
    smtp_url: str | None = field(repr=False)
    mail_from: str
    stripe_key: str | None = field(repr=False)
    stripe_webhook_secret: str | None = field(repr=False)
    stripe_api: str | None
    plans: str
    sso_private: bool
    log_level: str

    @property
    def operator_name(self) -> str:
        """ONMEET_OPERATOR, "" where nobody has set it: no caller is greeted with the words for pages."""
        return "" if self.operator == _NAMELESS else self.operator

    @property
    def relay_socket(self) -> Path:
        """The Unix socket on which the relay process listens."""
        return self.data / "run" / "relay.sock"

    @property
    def sip_socket(self) -> Path:
        """The Unix socket on which the telephone gateway answers."""
        return self.data / "run" / "sip.sock"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Config:
        """Read the settings, make the data folder and its key where they are missing.

        Raises `ConfigError` for an unknown `ONMEET_*` variable or a value that cannot be used.
        """
        env = _Reader(os.environ if environ is None else environ)
        env.refuse_unknown()
        env.refuse_https_without_proxy()
        data = Path(env.text("ONMEET_DATA", "var")).resolve()
        keys = Path(env.text("ONMEET_KEYS", f"{data}/keys")).resolve()
        _make_private_folders(data, keys)
        return cls(
            port=env.number("PORT", 8000, 1, 65535),
            bind=env.address("ONMEET_BIND", "127.0.0.1"),
            data=data,
            keys=keys,
            secret_key=env.secret("SECRET_KEY", keys / "secret_key"),
            marks_key=env.key("ONMEET_MARKS_KEY", keys / "marks_key"),
            kms_command=env.text("ONMEET_KMS_COMMAND", "") or None,
            seal=env.choice("ONMEET_SEAL", ("auto", "always")),
            database_url=database_url(env.text("DATABASE_URL", f"sqlite:///{data}/onmeet.db")),
            redis_url=env.redis("REDIS_URL"),
            public_url=env.origin("ONMEET_PUBLIC_URL"),
            proxies=env.number("ONMEET_PROXIES", 0, 0, 10),
            media_port=env.number("ONMEET_MEDIA_PORT", 3479, 0, 65535),
            media_ips=env.addresses("ONMEET_MEDIA_IP") or detect_addresses(),
            sip=env.choice("ONMEET_SIP", ("on", "off")) == "on",
            sip_port=env.number("ONMEET_SIP_PORT", 5060, 1, 65534),
            sip_bind=env.address("ONMEET_SIP_BIND", "127.0.0.1"),
            rtp_ports=env.ports("ONMEET_RTP_PORTS", "30000-30399"),
            phone=env.text("ONMEET_PHONE", ""),
            notice=env.text("ONMEET_NOTICE", "on-meet"),
            operator=env.line("ONMEET_OPERATOR", _NAMELESS),
            contact_email=env.mailbox("ONMEET_CONTACT_EMAIL"),
            contact_address=env.line("ONMEET_CONTACT_ADDRESS", ""),
            start=env.choice("ONMEET_START", ("anyone", "accounts")),
            registration=env.choice("ONMEET_REGISTRATION", ("open", "closed")),
            max_participants=env.number("ONMEET_MAX_PARTICIPANTS", 50, 2, 200),
            metrics_token=env.text("ONMEET_METRICS_TOKEN", "") or None,
            smtp_url=env.text("ONMEET_SMTP_URL", "") or None,
            mail_from=env.sender("ONMEET_MAIL_FROM"),
            stripe_key=env.text("ONMEET_STRIPE_KEY", "") or None,
            stripe_webhook_secret=env.paired("ONMEET_STRIPE_WEBHOOK_SECRET", "ONMEET_STRIPE_KEY"),
            stripe_api=env.origin("ONMEET_STRIPE_API"),
            plans=env.text("ONMEET_PLANS", ""),
            sso_private=env.choice("ONMEET_SSO_PRIVATE", ("off", "on")) == "on",
            log_level=env.choice("ONMEET_LOG_LEVEL", ("info", "debug", "warning", "error")),
        )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Typed look-ups in the environment; an empty variable counts as absent."""

    env: Mapping[str, str]

    def refuse_unknown(self) -> None:
        known = {setting.name for setting in SETTINGS}
        unknown = sorted(n for n in self.env if n.startswith("ONMEET_") and n not in known)
        if unknown:
            raise ConfigError(f"{unknown[0]} is not a setting: see the table in README.md")

    def refuse_https_without_proxy(self) -> None:
        """The pages speak plain http: https comes from a proxy, whose word must then be believed.

        Otherwise cookies would lack Secure, and rate limits would take all visitors for one.
        """
        if (self.origin("ONMEET_PUBLIC_URL") or "").startswith("https:") and not self.number(
            "ONMEET_PROXIES", 0, 0, 10
        ):
            raise ConfigError(
                "ONMEET_PROXIES must say how many proxies stand in front, since ONMEET_PUBLIC_URL is https"
            )

    def text(self, name: str, default: str) -> str:
        return self.env.get(name, "").strip() or default

    def line(self, name: str, default: str) -> str:
        """Words for people: they go into pages, subjects of mails and spoken greetings."""
        value = self.text(name, default)
        if not value.isprintable() or len(value) > LINE_LENGTH:
            raise ConfigError(f"{name} must be one line of at most {LINE_LENGTH} characters")
        return value

    def number(self, name: str, default: int, low: int, high: int) -> int:
        raw = self.text(name, str(default))
        if not raw.isascii() or not raw.isdigit() or not low <= int(raw) <= high:
            raise ConfigError(f"{name} must be a whole number from {low} to {high}")
        return int(raw)

    def ports(self, name: str, default: str) -> tuple[int, int] | None:
        """First and last port of a range, or None for 0: any free ones."""
        raw = self.text(name, default)
        if raw == "0":
            return None
        match = re.fullmatch(r"([0-9]{4,5})-([0-9]{4,5})", raw, re.ASCII)
        if match is None or not 1024 <= int(match[1]) < int(match[2]) <= 65535:
            raise ConfigError(f"{name} must be a range of ports, such as 30000-30399, or 0")
        return int(match[1]), int(match[2])

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        value = self.text(name, allowed[0]).lower()
        if value not in allowed:
            raise ConfigError(f"{name} must be one of: {', '.join(allowed)}")
        return value

    def mailbox(self, name: str) -> str:
        value = self.text(name, "")
        if value and not re.fullmatch(r"[^@\s]+@[^@\s]+", value):
            raise ConfigError(f"{name} must be an e-mail address, such as privacy@example.org")
        return value

    def address(self, name: str, default: str) -> str:
        return self._checked_address(name, self.text(name, default))

    def addresses(self, name: str) -> tuple[str, ...]:
        parts = [part.strip() for part in self.text(name, "").split(",")]
        return tuple(self._checked_address(name, part) for part in parts if part)

    @staticmethod
    def _checked_address(name: str, value: str) -> str:
        try:
            return str(ipaddress.ip_address(value))
        except ValueError:
            raise ConfigError(f"{name} must hold IP addresses, such as 203.0.113.7") from None

    def origin(self, name: str) -> str | None:
        raw = self.text(name, "")
        if not raw:
            return None
        try:
            url = urlsplit(raw)
            usable = url.scheme in ("http", "https") and url.hostname and url.port != 0
        except ValueError:
            usable = False
        if not usable or url.path.strip("/") or url.query or url.fragment or url.username:
            raise ConfigError(f"{name} must be an origin, such as https://meet.example.org")
        return f"{url.scheme}://{url.netloc.lower()}"

    def sender(self, name: str) -> str:
        value = self.text(name, "")
        if value and _SENDER.fullmatch(value) is None:
            raise ConfigError(f"{name} must be a mail address alone, such as onmeet@example.org")
        if not value and self.text("ONMEET_SMTP_URL", ""):
            raise ConfigError(f"{name} must name the sender of mails, since ONMEET_SMTP_URL is set")
        return value or "onmeet@localhost"

    def paired(self, name: str, with_: str) -> str | None:
        """A setting that another one needs."""
        value = self.text(name, "") or None
        if value is None and self.text(with_, ""):
            raise ConfigError(f"{name} must be set, since {with_} is")
        return value

    def redis(self, name: str) -> str | None:
        raw = self.text(name, "")
        if not raw:
            return None
        try:
            url = urlsplit(raw)
            usable = url.scheme in ("redis", "rediss") and url.hostname and url.port != 0
        except ValueError:
            usable = False
        if not usable:
            raise ConfigError(
                f"{name} must look like redis://localhost:6379/0 or rediss://user:password@host"
            )
        return raw

    def secret(self, name: str, file: Path) -> str:
        value = self.text(name, "") or _made(name, file, lambda: secrets.token_urlsafe(48))
        if len(value) < 32:
            raise ConfigError(f"{name} must have at least 32 characters: leave it unset to make one")
        return value

    def key(self, name: str, file: Path) -> bytes:
        value = self.text(name, "") or _made(name, file, lambda: secrets.token_hex(32))
        if _KEY.fullmatch(value) is None:
            raise ConfigError(f"{name} must be 64 hexadecimal digits: leave it unset to make one")
        return bytes.fromhex(value)


def _make_private_folders(data: Path, keys: Path) -> None:
    for name, folder in (("ONMEET_DATA", data), ("ONMEET_DATA", data / "run"), ("ONMEET_KEYS", keys)):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            reason = error.strerror or "unknown reason"
            raise ConfigError(f"{name}: the folder cannot be made ({reason})") from None


def _made(name: str, file: Path, make: Callable[[], str]) -> str:
    """What is in a key file, made if need be."""
    try:
        return keyfiles.read_or_make(file, make)
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"{name}: the key file {file} cannot be made or read") from None


def database_url(url: str) -> str:
    """SQLAlchemy's spelling: PaaS hand out postgres://, which it refuses."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ConfigError("DATABASE_URL must begin with sqlite:/// or postgres://")
    if url.partition("?")[0] in ("sqlite:///", "sqlite:///:memory:"):
        raise ConfigError("DATABASE_URL must name a file: sqlite:////var/lib/onmeet/onmeet.db")
    return url


def detect_addresses() -> tuple[str, ...]:
    """This machine's addresses that a browser may reach, loopback last and only when it is needed.

    Without any network interface the relay advertises 127.0.0.1, so that browsers on the same
    machine can meet. IPv6 link-local addresses need a zone and are left out.
    """
    import ifaddr  # needed once, at start-up

    found: list[str] = []
    for adapter in ifaddr.get_adapters():
        for entry in adapter.ips:
            address = ipaddress.ip_address(entry.ip if isinstance(entry.ip, str) else entry.ip[0])
            if not (address.is_loopback or address.is_link_local or address.is_unspecified):
                found.append(str(address))
    found.sort(key=lambda a: ipaddress.ip_address(a).version)
    return tuple(dict.fromkeys(found)) or ("127.0.0.1",)
