"""Every place besides the database in which this software leaves something, and why.

Files of the data folder, keys in Redis, keys of log lines and figures for the operator are declared here,
each with a technical reason or the category of data it holds. What is not declared is not written (log keys,
figures) or reported by the audit (files, Redis). Nothing here needs a database or a web request.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from onmeet.errors import NotPermitted
from onmeet.notices.categories import CATEGORIES
from onmeet.notices.policy import Policy

__all__ = [
    "FIGURES", "FILES", "LIMITS", "LOG_KEYS", "OUTBOX_DAYS", "REDIS_KEYS", "Outlet", "check_file", "figure",
    "is_log_key", "stays", "unknown_files", "unknown_key",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outlet:
    """A declared place: `name` may have `*`; a technical `reason`, or the `category` of what is in it.

    days: how long a file stays, where that does not depend on the notice.
    """

    name: str
    reason: str = ""
    category: str = ""
    days: int | None = None

    def __post_init__(self) -> None:
        if bool(self.reason) == bool(self.category) or (self.category and self.category not in CATEGORIES):
            raise ValueError(f"{self.name} needs either a reason or a category of onmeet.notices.categories")


OUTBOX_DAYS = 1
"""How long a mail stays in the folder where mails lie as long as no mail server is set."""

FILES: tuple[Outlet, ...] = (
    Outlet("onmeet.db", "the database: its columns say what they hold"),
    Outlet("onmeet.db-wal", "what SQLite has not yet moved into the database"),
    Outlet("onmeet.db-shm", "SQLite's index of that"),
    Outlet("onmeet.db-journal", "SQLite's undo while it changes its kind of log"),
    Outlet("keys/secret_key", "signs cookies"),
    Outlet("keys/secret_key.????????????????", "the same, while it is made"),
    Outlet("keys/marks_key", "finds rows by keyed hashes"),
    Outlet("keys/marks_key.????????????????", "the same, while it is made"),
    Outlet("keys/master-*.key", "wraps the keys of data subjects"),
    Outlet("keys/master-*.key.????????????????", "the same, while it is made"),
    Outlet("keys/master.lock", "one process at a time changes the master key"),
    Outlet("keys/subjects.db", "the keys of data subjects, wrapped, by random names"),
    Outlet("keys/subjects.db-*", "what SQLite has not yet moved into it"),
    Outlet("keys/forgotten.db", "which rows are erased, so that a restored back-up loses them again"),
    Outlet("keys/forgotten.db-*", "what SQLite has not yet moved into it"),
    Outlet("keys/receipts.pem", "signs deletion receipts"),
    Outlet("keys/receipts.pem.????????????????", "the same, while it is made"),
    Outlet("keys/gateway.pem", "signs for the calls that wait at the telephone gateway"),
    Outlet("keys/gateway.pem.????????????????", "the same, while it is made"),
    Outlet("keys/acts", "the newest row of the log of operators' acts, by which a cut is noticed"),
    Outlet("keys/acts.????????????????", "the same, while it is made"),
    Outlet("keys/rotating/*", "keys of pseudonyms, destroyed with their period"),
    Outlet("run/*.sock", "where the processes of this machine meet"),
    Outlet("run/*.lock", "one process at a time"),
    Outlet("backups/*.onmeet", "sealed copies of the database, whose keys end when the notice says so"),
    Outlet("backups/.*.onmeet.????????", "the same, while it is made"),
    Outlet("outbox/*.eml", category="account.email", days=OUTBOX_DAYS),
    Outlet("prompts/*/*", "what callers hear: the operator's own prompts"),
    Outlet("newsletters/*.txt", "what the operator wrote to all subscribers, until it is sent"),
)
"""Files below the data folder, by path."""

LIMITS = "onmeet:limits"
"""Under this name Redis counts requests."""

REDIS_KEYS: tuple[Outlet, ...] = (
    Outlet(f"{LIMITS}:*", "counts requests under a keyed hash that changes daily, for two hours at most"),
)
"""Keys in Redis."""

LOG_KEYS: tuple[Outlet, ...] = (
    Outlet("event", "the fixed sentence"),
    Outlet("level", "how bad it is"),
    Outlet("timestamp", "when"),
    Outlet("part", "the process: web, relay, keeper, serve"),
    Outlet("logger", "the library that wrote it"),
    Outlet("exception", "type and places of an error, never its message"),
    Outlet("reason", "a word of this program"),
    Outlet("code", "an exit status or a protocol's error code"),
    Outlet("status", "an HTTP status"),
    Outlet("endpoint", "the name of a view"),
    Outlet("method", "the method of a request"),
    Outlet("count", "how many"),
    Outlet("counts", "how many, by words of this program"),
    Outlet("seconds", "how long"),
    Outlet("port", "of a socket of ours"),
    Outlet("pid", "of a process of ours"),
    Outlet("version", "of this program"),
    Outlet("revision", "of the tables"),
    Outlet("limit", "a setting that was reached"),
)
"""Keys of log lines, with technical reasons alone: nothing about anybody is logged under any notice."""

FIGURES: tuple[Outlet, ...] = (
    Outlet("up", "whether the relay answers"),
    Outlet("rooms", "meetings at this moment"),
    Outlet("participants", "people and telephones in them"),
    Outlet("visitors", "pages that look into a meeting before they join"),
    Outlet("phones", "callers in meetings"),
    Outlet("waiting", "people in browsers who wait for a host"),
    Outlet("callers", "callers who wait for a host"),
    Outlet("gateways", "meetings that the telephone gateway serves"),
    Outlet("signalling_messages_in", "messages from browsers"),
    Outlet("signalling_messages_out", "messages to browsers"),
    Outlet("signalling_joined", "joins since the start"),
    Outlet("signalling_resumed", "connections taken up again"),
    Outlet("signalling_left_*", "leaves since the start, by reason"),
    Outlet("signalling_errors_*", "errors told to browsers, by code"),
    Outlet("signalling_closed_*", "closed sockets, by code"),
    Outlet("signalling_calls", "calls that came to a lobby since the start"),
    Outlet("signalling_sound_nowhere", "packets of calls for a meeting that had ended"),
    Outlet("signalling_faults", "bugs"),
    Outlet("media_rooms", "meetings with media"),
    Outlet("media_publishers", "connections that send"),
    Outlet("media_subscribers", "connections that receive"),
    Outlet("media_connected", "connections that are up"),
    Outlet("media_tracks", "sounds and pictures that are sent"),
    Outlet("media_packets_in", "media packets received"),
    Outlet("media_packets_out", "media packets forwarded"),
    Outlet("media_bytes_in", "bytes received"),
    Outlet("media_bytes_out", "bytes forwarded"),
    Outlet("media_datagrams_in", "datagrams received"),
    Outlet("media_datagrams_dropped", "datagrams that nobody waits for"),
    Outlet("media_send_failures", "datagrams that could not be sent"),
    Outlet("media_authentication_failures", "packets that were not authentic"),
    Outlet("media_phones", "callers with sound"),
    Outlet("media_sound_packets_in", "packets of callers' sound"),
    Outlet("media_sound_packets_out", "packets of sound sent to the telephone gateway"),
    Outlet(
        "media_sound_packets_dropped", "packets of calls that did not fit, or that the gateway did not read"
    ),
    Outlet("sip_up", "whether the telephone gateway answers"),
    Outlet("sip_trunks", "trunks that are configured"),
    Outlet("sip_registered", "trunks that can be used now"),
    Outlet("sip_calls", "telephone calls at this moment"),
)
"""Figures of relay and gateway for the operator, without labels: a figure is about everybody or nobody."""

_LOG_KEYS = frozenset(outlet.name for outlet in LOG_KEYS if outlet.reason)

_WORD = re.compile(r"[a-z0-9_]{1,60}")


def is_log_key(key: str) -> bool:
    """Whether log lines may have this key."""
    return key in _LOG_KEYS


def figure(name: str) -> Outlet | None:
    """The declaration of a figure, or None: then it is not shown."""
    return _declared(FIGURES, name) if _WORD.fullmatch(name) else None


def unknown_key(name: str) -> bool:
    """Whether nobody has declared this key of Redis."""
    return _declared(REDIS_KEYS, name) is None


def unknown_files(data: Path) -> list[Path]:
    """What lies in the data folder without being declared: files, links, sockets."""
    found = (path for path in sorted(data.rglob("*")) if path.is_symlink() or not path.is_dir())
    return [path for path in found if _file(path, data) is None]


def stays(path: Path, data: Path) -> int | None:
    """For how many days a file of the data folder may stay, where that does not depend on the notice."""
    outlet = _file(path, data)
    return outlet.days if outlet is not None else None


def check_file(path: Path, data: Path, policy: Policy) -> None:
    """Refuse a file that is not declared, or whose category the notice in force does not list.

    Raises `NotPermitted`. `path` is below the data folder `data`.
    """
    outlet = _file(path, data)
    if outlet is None:
        raise NotPermitted(
            f"no file {path.suffix or 'like this'} is declared there: see onmeet.notices.outlets"
        )
    if outlet.category and policy.item(outlet.category) is None:
        raise NotPermitted(
            f"{outlet.name} holds {outlet.category}, which the notice in force does not list: do not write it"
        )


def _file(path: Path, data: Path) -> Outlet | None:
    """A `*` stays within its folder."""
    name = path.relative_to(data).as_posix()
    level = tuple(outlet for outlet in FILES if outlet.name.count("/") == name.count("/"))
    return _declared(level, name)


def _declared(outlets: tuple[Outlet, ...], name: str) -> Outlet | None:
    return next((outlet for outlet in outlets if fnmatchcase(name, outlet.name)), None)
