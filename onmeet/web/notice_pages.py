"""The notice as pages: the one in force, past and coming ones, what changes, and for machines."""

from __future__ import annotations

import json
from functools import cache, lru_cache
from typing import cast

from flask import Blueprint, Response, abort
from flask_babel import gettext
from sqlalchemy.orm import Session

from onmeet import clock
from onmeet.config import Config
from onmeet.db import Base
from onmeet.notices import activities as record
from onmeet.notices import document, dpv, versions, wording
from onmeet.notices.change_words import told
from onmeet.notices.columns import category_of
from onmeet.notices.document import Document, Places
from onmeet.notices.notice import Notice, filled
from onmeet.notices.versions import Version
from onmeet.signalling.gateway_messages import RECORDED
from onmeet.web.contexts import ActivitiesPage, ChangesPage, PrivacyPage, VersionsPage
from onmeet.web.language import language
from onmeet.web.security import site_origin
from onmeet.web.services import services
from onmeet.web.site import operator_name

__all__ = ["IN_MEMORY", "SIGN_INS", "blueprint", "notice_in_force", "places", "shown", "with_contacts"]

blueprint = Blueprint("notices", __name__)

IN_MEMORY = frozenset((
    "meeting.link", "meeting.times", "meeting.participants", "meeting.joins", "meeting.access_kind",
    "meeting.ip", "meeting.device", "meeting.quality", "chat.message", "call.times", *RECORDED.values(),
    "security.ip", "visitor.country",
))  # fmt: skip
"""What the relay, the telephone gateway, the counters of the rate limits and prices hold in memory only."""

SIGN_INS = "account.sign_in"
"""The category of the rows of sign-ins: hashes and an end, which are declared technical."""


@blueprint.get("/privacy")
def privacy() -> Response:
    """The notice in force."""
    with services().database.reading() as session:
        version, coming = versions.in_force(session, clock.now()), versions.coming(session, clock.now())
    notice = notice_in_force(version)
    return PrivacyPage(
        notice=shown(notice),
        standing=_standing(version, notice),
        coming=None if coming is None else wording.day(coming.effective_at.date(), language()),
        current=True,
        file=_file(notice),
    ).render(headers={"Link": '</privacy.jsonld>; rel="alternate"; type="application/ld+json"'})


@blueprint.get("/privacy.jsonld")
def jsonld() -> Response:
    """The notice in force in terms of the Data Privacy Vocabulary."""
    with services().database.reading() as session:
        notice = notice_in_force(versions.in_force(session, clock.now()))
    text = json.dumps(dpv.to_jsonld(with_contacts(notice), _address()), ensure_ascii=False, indent=2)
    return Response(text, mimetype="application/ld+json")


@blueprint.get("/privacy/art30")
def art30() -> Response:
    """The record of processing activities (GDPR Art. 30)."""
    with services().database.reading() as session:
        notice = with_contacts(notice_in_force(versions.in_force(session, clock.now())))
    return ActivitiesPage(
        notice=shown(notice),
        activities=record.activities(notice, language()),
        transfers=record.transfers(notice, language()),
        measures=record.measures(language()),
    ).render()


@blueprint.get("/privacy/versions")
def all_versions() -> Response:
    """Every version that ever held here, or was announced."""
    with services().database.reading() as session:
        now = clock.now()
        current, history = versions.in_force(session, now), versions.history(session)
    return VersionsPage(
        versions=[(each, _state(each, current)) for each in history],
        day=lambda moment: wording.day(moment.date(), language()),
    ).render()


@blueprint.get("/privacy/versions/<name>/<version>")
def one_version(name: str, version: str) -> Response:
    """A version as it was, whole."""
    with services().database.reading() as session:
        found, current = versions.find(session, name, version), versions.in_force(session, clock.now())
    notice = _notice(found, name, version)
    return PrivacyPage(
        notice=shown(notice),
        standing=_standing(found, notice),
        coming=None,
        current=found is None or (current is not None and current.id == found.id),
        file=_file(notice),
    ).render()


@blueprint.get("/privacy/versions/<name>/<version>/file")
def file(name: str, version: str) -> Response:
    """The very file that the server obeyed, or obeys."""
    with services().database.reading() as session:
        found = versions.find(session, name, version)
    source = _notice(found, name, version).source if found is None else found.source
    return Response(source, mimetype="text/plain")


@blueprint.get("/privacy/changes")
def changes() -> Response:
    """What the coming version changes; without one, what the last change was."""
    with services().database.reading() as session:
        new, old = _pair(session)
    day = wording.day(new.effective_at.date(), language()) if new is not None else ""
    if new is None or old is None:
        return ChangesPage(old=None, new=None, day=day, ahead=False, changes=()).render()
    return ChangesPage(
        old=old,
        new=new,
        day=day,
        ahead=new.effective_at > clock.now(),
        changes=told(with_contacts(old.notice()), with_contacts(new.notice()), language()),
    ).render()


def notice_in_force(version: Version | None) -> Notice:
    """The notice of a version; before any was adopted, the one that the policy of this process is of."""
    return services().policy.notice if version is None else version.notice()


def shown(notice: Notice) -> Document:
    """A notice in the language of this request, with the operator's own name."""
    return _document(with_contacts(notice), language())


@cache
def places() -> Places:
    """The categories that this version of the software has a place for, by the declarations."""
    columns = (column for table in Base.metadata.sorted_tables for column in table.columns)
    stored = frozenset(category for column in columns if (category := category_of(column)) is not None)
    return Places(stored | {SIGN_INS}, IN_MEMORY)


@lru_cache(maxsize=32)
def _document(notice: Notice, spoken: str) -> Document:
    return document.sections(notice, spoken, places())


def with_contacts(notice: Notice) -> Notice:
    config = services().config
    return filled(
        notice,
        operator=operator_name(config),
        address=_contact(config, "contact_address"),
        email=_contact(config, "contact_email"),
    )


def _contact(config: Config, name: str) -> str:
    return cast(str, getattr(config, name, "") or "")


def _address() -> str:
    """Where this server is, without a slash at the end."""
    return site_origin(services().config)


def _notice(found: Version | None, name: str, version: str) -> Notice:
    """The notice of a version that is on record, or the one that this process obeys. 404 for others."""
    own = services().policy.notice
    if found is None and (name, version) != (own.name, own.version):
        abort(404)
    return own if found is None else found.notice()


def _pair(session: Session) -> tuple[Version | None, Version | None]:
    """The version whose changes are of interest, and the one before it."""
    now = clock.now()
    current, ahead = versions.in_force(session, now), versions.coming(session, now)
    if ahead is not None:
        return ahead, current
    past = [each for each in versions.history(session) if not each.withdrawn and each.effective_at <= now]
    before = next((each for each in past if current is not None and each.id < current.id), None)
    return current, before


def _standing(version: Version | None, notice: Notice) -> str:
    """Since when it holds, or held, or will hold: a sentence."""
    spoken = language()
    if version is None:
        return wording.phrase("since", spoken, effective=wording.day(notice.effective, spoken))
    day = wording.day(version.effective_at.date(), spoken)
    if version.ended_at is not None and version.ended_at <= clock.now():
        end = wording.day(version.ended_at.date(), spoken)
        return str(gettext("in force from %(begin)s to %(end)s", begin=day, end=end))
    ahead = version.effective_at > clock.now()
    return wording.phrase("from" if ahead else "since", spoken, effective=day)


def _state(version: Version, current: Version | None) -> str:
    if version.withdrawn:
        said = gettext("withdrawn before it took effect")
    elif current is not None and version.id == current.id:
        said = gettext("in force")
    else:
        said = gettext("coming") if version.effective_at > clock.now() else gettext("past")
    return str(said)


def _file(notice: Notice) -> str:
    return f"/privacy/versions/{notice.name}/{notice.version}/file"
