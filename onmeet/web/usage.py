"""The usage report of an account (N3.10), where the notice lets there be one."""

from __future__ import annotations

import csv
import io

from flask import Blueprint, Response, abort, request
from flask_login import current_user, login_required

from onmeet import clock
from onmeet.meetings.usage import Month, UsageReport
from onmeet.web.contexts import UsagePage
from onmeet.web.services import services

__all__ = ["blueprint"]

blueprint = Blueprint("usage", __name__, url_prefix="/account")

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would take for a formula at the beginning of a cell."""


@blueprint.get("/usage")
@login_required  # type: ignore[untyped-decorator]
def report() -> Response:
    """One month, with a choice of months."""
    _refuse_where_not_offered()
    this = Month.of(clock.now().date())
    month = _month() or this
    usage = services().usage
    stores = services().policy.stores
    return UsagePage(
        restricted=not usage.may_report(_me()),
        months=sorted({this, month, *usage.months(_me())}, reverse=True),
        report=usage.of(_me(), month),
        with_topics=stores("meeting.topic"),
        with_times=stores("meeting.times"),
    ).render()


@blueprint.get("/usage.csv")
@login_required  # type: ignore[untyped-decorator]
def as_csv() -> Response:
    """The same month for a spreadsheet."""
    _refuse_where_not_offered()
    month = _month() or abort(404)
    name = f"onmeet-usage-{month}.csv"
    return Response(
        _csv(services().usage.of(_me(), month)),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _me() -> int:
    return int(current_user.person.id)


def _refuse_where_not_offered() -> None:
    if not services().usage.offered:
        abort(404)


def _month() -> Month | None:
    """The month that was asked for; None without one. Aborts with 404 when it is none."""
    text = request.args.get("month")
    return None if text is None else Month.parse(text) or abort(404)


def _csv(report: UsageReport) -> str:
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(("topic", "started_at", "ended_at", "minutes", "participants"))
    for line in report.lines:
        times = (moment.isoformat() if moment else "" for moment in (line.started_at, line.ended_at))
        minutes = "" if line.minutes is None else line.minutes
        rows.writerow((_plain(line.topic or ""), *times, minutes, line.participants))
    return out.getvalue()


def _plain(text: str) -> str:
    """A text that no spreadsheet calculates."""
    return f"'{text}" if text.startswith(_FORMULA) else text
