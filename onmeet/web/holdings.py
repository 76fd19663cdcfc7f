"""What this server holds right now: in figures for everybody, item by item for those in a meeting."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from flask import Blueprint, Flask, Response, current_app, jsonify, request, session
from flask_babel import format_datetime, format_decimal, gettext
from flask_login import current_user

from onmeet import clock
from onmeet.errors import UserError
from onmeet.meetings.records import Holding
from onmeet.meetings.service import MeetingGone
from onmeet.notices import retention, wording
from onmeet.notices.categories import CATEGORIES
from onmeet.notices.notice import Item
from onmeet.signalling import client as relay
from onmeet.web import entrance
from onmeet.web.contexts import LivePage
from onmeet.web.cookies import LANGUAGE, SESSION, THEME
from onmeet.web.figures import Figures, Stored, Watch
from onmeet.web.language import language
from onmeet.web.limits import limiter
from onmeet.web.notice_pages import places, shown
from onmeet.web.seen import CookieSeen, LiveItem
from onmeet.web.services import Services, services

__all__ = ["blueprint", "init_app"]

blueprint = Blueprint("holdings", __name__)

_KEY = "onmeet.holdings"
_RELAY_SECONDS = 2.0


def init_app(app: Flask, behind: Services) -> None:
    """Give `app` what the pages look things up with."""
    app.extensions[_KEY] = Watch(behind.database, behind.policy)


@blueprint.get("/privacy/live")
def live() -> Response:
    """What this server holds right now; the page's script reads the same as JSON."""
    figures = _watch().figures(clock.now())
    items, meetings = _items(figures), _meetings()
    if request.accept_mimetypes.best == "application/json":
        return jsonify(_for_script(figures, items, meetings))
    notice = services().policy.notice
    return LivePage(
        notice=shown(notice),
        figures=_for_script(figures, items, meetings)["figures"],
        items=[item for item in items if item.kind != "memory"],
        in_memory=[item for item in items if item.kind == "memory"],
        clean=figures.overdue == 0,
        cookies=_cookies(),
        address=request.remote_addr or "",
        signed_in=bool(current_user.is_authenticated),
    ).render()


@blueprint.get("/m/<code:code>/held")
@limiter.limit("120 per minute")
def held(code: str) -> Response:
    """What is held about a meeting and about who asks, for a browser that was on the meeting's page."""
    try:
        entrance.role_in(code)
    except MeetingGone:
        raise UserError(gettext("There is no meeting with this code."), 404) from None
    browser = session.get("browser")
    if browser is None:
        raise entrance.Forbidden(gettext("Open the meeting's page first, with cookies allowed."))
    question = {"query": "held", "room": code, "browser": browser}
    try:
        answer = relay.query(services().config.relay_socket, question, timeout=_RELAY_SECONDS)
    except relay.RelayUnreachable:
        raise UserError(gettext("The server cannot say at the moment."), 503) from None
    if not any(item["you"] for item in answer["items"]):
        raise entrance.Forbidden(gettext("Only those who are in a meeting see what is held about it."))
    stored = services().records.held(str(answer["instance"]), browser)
    about_all = {"meeting.link": code, "meeting.times": _value("meeting.joins", answer["since"])}
    return jsonify(
        groups=[*_in_memory(answer["items"], about_all), *_in_store(stored, about_all)],
        nothing_stored=""
        if stored or services().records.recording  # the record may be on its way
        else gettext("Nothing about this meeting is written down."),
    )


def _watch() -> Watch:
    return cast(Watch, current_app.extensions[_KEY])


# -- for everybody -------------------------------------------------------------------------------------


def _meetings() -> dict[str, str]:
    """How many meetings and people the relay has at this moment, in words."""
    try:
        answer = relay.query(services().config.relay_socket, {"query": "metrics"}, timeout=_RELAY_SECONDS)
    except relay.RelayUnreachable:
        answer = {}
    shown = [("meetings", "rooms"), ("people", "participants")]
    if services().config.sip:
        shown.append(("phones", "phones"))
    return {
        name: format_decimal(answer[key]) if isinstance(answer.get(key), int) else "–" for name, key in shown
    }


def _items(figures: Figures) -> list[LiveItem]:
    stored = {each.category: each for each in figures.stored}
    notice = services().policy.notice
    permitted = [item for name in CATEGORIES if (item := notice.item(name)) is not None]
    found = [_live_item(item, stored.get(item.category)) for item in permitted if places().have(item)]
    left = [each for each in figures.stored if each.count and notice.item(each.category) is None]
    return found + [_leftover(each) for each in left]


def _live_item(item: Item, stored: Stored | None) -> LiveItem:
    count = 0 if stored is None or item.transient else stored.count
    next_goes = None if stored is None or item.transient else stored.next_goes
    return LiveItem(
        category=item.category,
        name=wording.category(item.category, language()),
        count=format_decimal(count),
        empty=count == 0,
        until=wording.until(item, language()),
        next_goes="" if next_goes is None else _day(next_goes),
        kind="memory" if item.transient else "counted" if item.form == "aggregate" else "stored",
    )


def _leftover(stored: Stored) -> LiveItem:
    """Values that the notice in force does not permit: they go with the clean-up of its first day."""
    return LiveItem(
        category=stored.category,
        name=wording.category(stored.category, language()),
        count=format_decimal(stored.count),
        empty=False,
        until=gettext("no longer permitted, being deleted"),
        next_goes="",
        kind="stored",
    )


def _for_script(figures: Figures, items: list[LiveItem], meetings: dict[str, str]) -> dict[str, Any]:
    deleted = figures.deleted
    counts = [] if deleted is None else deleted.counts
    said = [
        gettext("%(name)s: %(value)s", name=wording.category(name, language()), value=format_decimal(count))
        for name, count in counts
    ]
    return {
        "figures": {
            **meetings,
            "values": format_decimal(figures.values),
            "overdue": format_decimal(figures.overdue),
            "next": _day(figures.next_goes) if figures.next_goes is not None else gettext("nothing soon"),
            "deleted": gettext("never yet") if deleted is None else _moment(deleted.at),
            "deleted-what": ", ".join(said),
            "at": _time(figures.at, "HH:mm:ss"),
        },
        "clean": figures.overdue == 0,
        "items": {item.category: [item.count, item.next_goes, item.empty] for item in items},
    }


def _cookies() -> list[CookieSeen]:
    """The cookies of this request, in words: what stands in the signed one is told, not shown."""
    seen = []
    for name, value in request.cookies.items():
        bare = name.removeprefix("__Host-")
        if bare == SESSION:
            seen.append(CookieSeen(name, ", ".join(_session_words())))
        elif bare in (LANGUAGE, THEME):
            seen.append(CookieSeen(name, value[:20]))
        else:
            seen.append(CookieSeen(name[:60], gettext("not ours, or not used by this page")))
    return seen


def _session_words() -> list[str]:
    words = [gettext("a mark against forged forms")]
    if "browser" in session:
        words.append(gettext("a random id of this browser, for meetings"))
    if session.get("started"):
        words.append(gettext("codes of %(count)s meetings started here", count=len(session["started"])))
    if current_user.is_authenticated:
        words.append(gettext("your sign-in"))
    return words


# -- for those in a meeting ------------------------------------------------------------------------------


def _in_memory(items: list[dict[str, Any]], about_all: Mapping[str, str]) -> list[dict[str, Any]]:
    """One group: all of it goes with the meeting."""
    told = [
        _told(
            each["category"],
            [_value(each["category"], value) for value in each["you"]],
            each["others"],
            about_all,
        )
        for each in items
        if each["you"] or each["others"] or each["meeting"]
    ]
    title = gettext("In memory only, until the meeting ends")
    return [{"kind": "memory", "title": title, "items": told}] if told else []


def _in_store(holdings: list[Holding], about_all: Mapping[str, str]) -> list[dict[str, Any]]:
    """A group for each end."""
    together: dict[str, list[dict[str, Any]]] = {}
    for each in holdings:
        if each.you or each.others or each.meeting:
            item = services().policy.item(each.category)
            until = gettext("being deleted") if item is None else _until(item)
            you = [_value(each.category, value) for value in each.you]
            together.setdefault(until, []).append(_told(each.category, you, each.others, about_all))
    return [
        {"kind": "stored", "title": gettext("Written down %(until)s", until=until), "items": told}
        for until, told in together.items()
    ]


def _told(category: str, you: list[str], others: int, about_all: Mapping[str, str]) -> dict[str, Any]:
    values = you or ([about_all[category]] if category in about_all else [])
    return {
        "name": wording.category(category, language()),
        "values": values,
        "others": gettext("and %(count)s of other people", count=others) if others else "",
    }


def _value(category: str, value: Any) -> str:
    """One of your own values, as people read it."""
    if category == "meeting.joins":
        at = datetime.fromisoformat(value) if isinstance(value, str) else datetime.fromtimestamp(value, UTC)
        return _time(at)
    if category == "meeting.quality":
        words = (gettext("lost"), gettext("poor"), gettext("fair"), gettext("good"))
        return str(words[value]) if value in range(4) else str(value)
    return str(value)


def _until(item: Item) -> str:
    """The term in words, and the day that it comes to if the meeting ended now."""
    goes = retention.goes_at(item, {"call_end": clock.now()})
    said = wording.until(item, language())
    if goes is None:
        return said
    return str(gettext("%(term)s (%(day)s at the latest)", term=said, day=_day(goes)))


def _day(moment: datetime) -> str:
    return wording.day(moment.date(), language())


def _moment(moment: datetime) -> str:
    return f"{_day(moment)}, {_time(moment)}"


def _time(moment: datetime, pattern: str = "HH:mm") -> str:
    return f"{format_datetime(moment, pattern, rebase=False)} UTC"
