"""Which version of which notice holds on this instance: adopted at the start, announced, in force, past.

A row of `NoticeVersion` is one period in which a version holds, from `effective_at` to `ended_at`; the
periods follow each other without a gap. A version that is announced has its day in the future; one that was
withdrawn before that day ended before it began.

    adopt(database, notice, now, has_subscribers)   at the start, before any other process reads
    policy_in_force(database, config, now)          what each process is built on
    next_change(session, now)                       when the processes have to be built anew
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from onmeet.config import Config
from onmeet.db import Database, connect
from onmeet.errors import ConfigError
from onmeet.notices import reading
from onmeet.notices.models import NoticeVersion
from onmeet.notices.notice import Notice, filled
from onmeet.notices.policy import Policy

__all__ = [
    "NOTICE_DAYS", "Adoption", "Version", "addressed", "adopt", "adopt_in", "coming", "configured", "find",
    "history", "in_force", "label", "label_of", "mark_cleaned", "next_change", "policy_in_force", "policy_of",
]  # fmt: skip

NOTICE_DAYS = 14
"""Days between telling people of a changed notice and its taking effect (N1.19)."""

_LOCK = 0x6E6F74696365  # "notice": the advisory lock of `adopt` on PostgreSQL


@dataclass(frozen=True, slots=True)
class Version:
    """One period of one version. `source` is the notice as it was published.

    label: `name/version`, as accounts and consents remember it. cleaned: what this version no longer
    permits has been deleted.
    """

    id: int
    name: str
    version: str
    source: str
    published_at: datetime
    effective_at: datetime
    ended_at: datetime | None
    cleaned: bool

    @property
    def label(self) -> str:
        """`name/version`."""
        return label(self.name, self.version)

    @property
    def withdrawn(self) -> bool:
        """Announced, and taken back before it took effect."""
        return self.ended_at is not None and self.ended_at <= self.effective_at

    def notice(self) -> Notice:
        """The notice itself. Raises `ConfigError` when this software cannot read it any more."""
        return _parse(self)


@dataclass(frozen=True, slots=True)
class Adoption:
    """What a start found, or changed. `announced`: people with an account are to be told of `news`."""

    in_force: Version
    coming: Version | None
    announced: bool = False
    withdrawn: Version | None = None

    @property
    def news(self) -> Version:
        """The version that people are told of: the coming one, else the one in force."""
        return self.coming or self.in_force


def label(name: str, version: str) -> str:
    """How a version is remembered beside an account or a consent, and addressed below /privacy/versions."""
    return f"{name}/{version}"


def label_of(notice: Notice) -> str:
    """The label of a notice."""
    return label(notice.name, notice.version)


def adopt(database: Database, notice: Notice, now: datetime, has_subscribers: bool) -> Adoption:
    """Make `notice`, which the setting names, the one in force, or announce it.

    The first notice of an instance, and one of another name, hold at once, or from their `effective` day if
    that is still to come. A new version of the same notice waits for 14 days from its publication, or from
    now when that is later, as soon as anybody has an account. Naming the version in force withdraws what was
    announced. Does nothing when nothing changed, so every start calls it.

    Raises `ConfigError` when the file was changed under the same version.
    """
    with database.writing() as session:
        return adopt_in(session, notice, now, has_subscribers)


def adopt_in(session: Session, notice: Notice, now: datetime, has_subscribers: bool) -> Adoption:
    """`adopt` in a transaction that also queues the mails about it: either both happen or neither."""
    _one_at_a_time(session)
    # whoever waited here for another process that was starting comes after what that one has published
    now = max([now, *(_utc(row.published_at) for row in _rows(session))])
    _refuse_silent_change(session, notice)
    current, announced = _row_in_force(session, now), _row_coming(session, now)
    if announced is not None and _is(announced, notice):
        return Adoption(*_both(session, now))
    withdrawn = _withdraw(session, announced, current, now)
    if current is not None and _is(current, notice):
        return Adoption(*_both(session, now), withdrawn=withdrawn)
    _publish(session, notice, current, now, has_subscribers)
    return Adoption(*_both(session, now), announced=current is not None, withdrawn=withdrawn)


def in_force(session: Session, now: datetime) -> Version | None:
    """The version that holds now; None before the first `adopt`."""
    row = _row_in_force(session, now)
    return None if row is None else _version(row)


def coming(session: Session, now: datetime) -> Version | None:
    """The version that is announced and not yet in force."""
    row = _row_coming(session, now)
    return None if row is None else _version(row)


def history(session: Session) -> list[Version]:
    """Every period of every version, the newest first; those withdrawn before they began, too."""
    rows = session.scalars(select(NoticeVersion).order_by(NoticeVersion.id.desc()))
    return [_version(row) for row in rows]


def find(session: Session, name: str, version: str) -> Version | None:
    """The latest period of a version, whatever its state: old versions stay readable for ever."""
    query = select(NoticeVersion).where(NoticeVersion.name == name, NoticeVersion.version == version)
    row = session.scalars(query.order_by(NoticeVersion.id.desc())).first()
    return None if row is None else _version(row)


def next_change(session: Session, now: datetime) -> datetime | None:
    """When another version takes effect: web and keeper are to be started anew then."""
    row = _row_coming(session, now)
    return None if row is None else _utc(row.effective_at)


def mark_cleaned(session: Session, version_id: int) -> None:
    """Note that what this version no longer permits has been deleted."""
    row = session.get(NoticeVersion, version_id)
    if row is not None:
        row.cleaned = True


def policy_in_force(database: Database, config: Config, now: datetime) -> Policy:
    """What this instance permits now: by the version in force, or by the setting before any was adopted.

    `database` may be opened without a policy: what is read here is public.
    """
    with database.reading() as session:
        version = in_force(session, now)
    return Policy(configured(config) if version is None else version.notice())


def policy_of(config: Config, now: datetime) -> Policy:
    """The same on a connection of its own, for whoever opens the database with that policy next."""
    database = connect(config.database_url)
    try:
        return policy_in_force(database, config, now)
    finally:
        database.close()


def addressed(policy: Policy, config: Config) -> Policy:
    """The policy with the operator's own name and addresses in its notice, for what people are handed."""
    return Policy(
        filled(
            policy.notice,
            operator=config.operator,
            address=config.contact_address,
            email=config.contact_email,
        )
    )


def configured(config: Config) -> Notice:
    """The notice that the setting names. Raises `ConfigError` that says what is wrong with it."""
    try:
        return reading.load(config.notice)
    except ConfigError as error:
        raise ConfigError(f"ONMEET_NOTICE: {error}") from None


def _one_at_a_time(session: Session) -> None:
    """Starts at the same moment publish once; SQLite's write lock does the same."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def _publish(
    session: Session, notice: Notice, current: NoticeVersion | None, now: datetime, has_subscribers: bool
) -> None:
    effective = _effective(notice, current, now, has_subscribers)
    if current is not None:
        current.ended_at = effective
    session.add(
        NoticeVersion(
            name=notice.name,
            version=notice.version,
            source=notice.source,
            digest=_digest(notice.source),
            published_at=now,
            effective_at=effective,
            cleaned=current is None,  # nothing was stored under any other
        )
    )
    session.flush()


def _effective(
    notice: Notice, current: NoticeVersion | None, now: datetime, has_subscribers: bool
) -> datetime:
    """When `notice`, which is new here, takes effect."""
    if current is None:
        return now  # some notice must hold
    own_day = max(_midnight(notice.effective), now)
    if current.name != notice.name or not has_subscribers:
        return own_day
    return max(own_day, max(_midnight(notice.published), now) + timedelta(days=NOTICE_DAYS))


def _withdraw(
    session: Session, announced: NoticeVersion | None, current: NoticeVersion | None, now: datetime
) -> Version | None:
    """Take an announced version back before it takes effect."""
    if announced is None:
        return None
    announced.ended_at = now
    if current is not None:
        current.ended_at = None
    session.flush()
    return _version(announced)


def _refuse_silent_change(session: Session, notice: Notice) -> None:
    known = find(session, notice.name, notice.version)
    if known is not None and _digest(known.source) != _digest(notice.source):
        raise ConfigError(
            f"ONMEET_NOTICE: notice {notice.name} was changed, but is still called version {notice.version},"
            " which has been published: raise its version, and set published and effective"
        )


def _row_in_force(session: Session, now: datetime) -> NoticeVersion | None:
    began = [row for row in _rows(session) if _utc(row.effective_at) <= now]
    holding = [row for row in began if row.ended_at is None or _utc(row.ended_at) > now]
    return holding[-1] if holding else None


def _row_coming(session: Session, now: datetime) -> NoticeVersion | None:
    ahead = (row for row in _rows(session) if _utc(row.effective_at) > now and row.ended_at is None)
    return next(ahead, None)


def _rows(session: Session) -> list[NoticeVersion]:
    # A handful for the life of an instance: compared here, because SQLite forgets time zones
    return list(session.scalars(select(NoticeVersion).order_by(NoticeVersion.id)))


def _both(session: Session, now: datetime) -> tuple[Version, Version | None]:
    current = in_force(session, now)
    assert current is not None, "a notice was just adopted"
    return current, coming(session, now)


def _is(row: NoticeVersion, notice: Notice) -> bool:
    return (row.name, row.version) == (notice.name, notice.version)


def _version(row: NoticeVersion) -> Version:
    return Version(
        id=row.id,
        name=row.name,
        version=row.version,
        source=row.source,
        published_at=_utc(row.published_at),
        effective_at=_utc(row.effective_at),
        ended_at=None if row.ended_at is None else _utc(row.ended_at),
        cleaned=row.cleaned,
    )


def _parse(version: Version) -> Notice:
    read = reading.parse(version.source, version.label)
    if isinstance(read, Notice):
        return read
    raise ConfigError(f"the published notice {version.label} cannot be read: {read[0]}")


def _digest(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _utc(moment: datetime) -> datetime:
    """A moment as it was stored: SQLite drops the time zone, which is always UTC here."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
