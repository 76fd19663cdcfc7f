"""What an owner decides about a meeting, as a form: its words, when it takes place, who comes in how."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from onmeet.meetings.kept import KeptMeeting
from onmeet.meetings.recurrence import MAX_COUNT, MAX_INTERVAL, WEEKDAYS, Frequency, Rule
from onmeet.meetings.schedule import MAX_MINUTES, Schedule, exists, is_zone
from onmeet.web.forms import printable

__all__ = ["MeetingForm"]

_YEARS = range(2000, 2200)

_REPEATS = [
    SelectChoice("never", lazy_gettext("does not repeat")),
    SelectChoice("daily", lazy_gettext("daily")),
    SelectChoice("weekly", lazy_gettext("weekly")),
    SelectChoice("monthly", lazy_gettext("monthly, on the same day")),
    SelectChoice("weekday", lazy_gettext("monthly, on the same weekday (the second Tuesday, say)")),
    SelectChoice("last", lazy_gettext("monthly, on the last such weekday")),
    SelectChoice("yearly", lazy_gettext("yearly")),
]
_FREQUENCIES: dict[str, Frequency] = {
    "daily": "DAILY", "weekly": "WEEKLY", "monthly": "MONTHLY", "weekday": "MONTHLY", "last": "MONTHLY",
    "yearly": "YEARLY",
}  # fmt: skip
_ENDS = [
    SelectChoice("never", lazy_gettext("without an end")),
    SelectChoice("until", lazy_gettext("until a last day")),
    SelectChoice("count", lazy_gettext("after a number of times")),
]
_DAYS = [
    SelectChoice("MO", lazy_gettext("Mon")),
    SelectChoice("TU", lazy_gettext("Tue")),
    SelectChoice("WE", lazy_gettext("Wed")),
    SelectChoice("TH", lazy_gettext("Thu")),
    SelectChoice("FR", lazy_gettext("Fri")),
    SelectChoice("SA", lazy_gettext("Sat")),
    SelectChoice("SU", lazy_gettext("Sun")),
]


def _lines(_form: Any, field: Any) -> None:
    """Validator: text of several lines without control characters."""
    if any(ord(sign) < 32 and sign not in "\r\n\t" for sign in field.data or ""):
        raise ValidationError(lazy_gettext("Please use letters, digits and ordinary signs only."))


class MeetingForm(FlaskForm):  # type: ignore[misc]
    """All about one meeting. What is about dates counts when `planned` is on, and is checked only then.

    The view takes out `description` and `planned` where the notice does not permit what they ask for.
    """

    title = StringField(
        lazy_gettext("Title"),
        [DataRequired(lazy_gettext("Please give the meeting a title.")), Length(max=120), printable],
    )
    description = TextAreaField(lazy_gettext("Description"), [Length(max=2000), _lines])
    planned = BooleanField(lazy_gettext("It has a date"))
    day = StringField(lazy_gettext("Day"))
    time = StringField(lazy_gettext("Time"))
    minutes = StringField(lazy_gettext("Length in minutes"))
    zone = StringField(lazy_gettext("Time zone"))
    repeats = SelectField(lazy_gettext("Repeats"), choices=_REPEATS, default="never")
    interval = StringField(lazy_gettext("Every how many days, weeks, months or years"))
    weekdays = SelectMultipleField(lazy_gettext("On these days"), choices=_DAYS)
    ends = SelectField(lazy_gettext("Ends"), choices=_ENDS, default="never")
    until = StringField(lazy_gettext("Last day"))
    count = StringField(lazy_gettext("How many times"))
    lobby = BooleanField(lazy_gettext("Guests wait until a host lets them in"))

    schedule: Schedule | None = None
    """What was planned, once the form is valid."""

    def validate(self, extra_validators: Any = None) -> bool:
        """Check everything, and read the dates."""
        fine = bool(super().validate(extra_validators))
        if "planned" in self and self.planned.data:
            self.schedule = self._read()
            return fine and self.schedule is not None
        return fine

    @classmethod
    def fresh(cls, today: date) -> MeetingForm:
        """Empty, with what most people would choose."""
        day = (today + timedelta(days=1)).isoformat()
        return cls(formdata=None, day=day, time="10:00", minutes="60", zone="", interval="1", count="10")

    @classmethod
    def of(cls, kept: KeptMeeting, today: date) -> MeetingForm:
        """As a kept meeting is now."""
        form = cls.fresh(today)
        form.title.data, form.description.data, form.lobby.data = kept.title, kept.description, kept.lobby
        if kept.schedule is not None:
            form.planned.data = True
            form.put(kept.schedule)
        return form

    def put(self, schedule: Schedule) -> None:
        """Fill in a schedule."""
        self.day.data, self.time.data = schedule.start.date().isoformat(), f"{schedule.start:%H:%M}"
        self.minutes.data, self.zone.data = str(schedule.minutes), schedule.zone
        rule = schedule.rule
        if rule is None:
            return
        monthly = {0: "monthly", -1: "last"}.get(rule.place, "weekday")
        self.repeats.data = monthly if rule.frequency == "MONTHLY" else rule.frequency.lower()
        self.interval.data = str(rule.interval)
        self.weekdays.data = [WEEKDAYS[each] for each in sorted(rule.weekdays)]
        if rule.until is not None:
            self.ends.data, self.until.data = "until", rule.until.isoformat()
        if rule.count is not None:
            self.ends.data, self.count.data = "count", str(rule.count)

    # -- reading -------------------------------------------------------------------------------------

    def _read(self) -> Schedule | None:
        """The schedule, or None with the reason beside a field."""
        day, minutes = self._day(self.day), self._number(self.minutes, MAX_MINUTES)
        start = self._start(day) if day else None
        zone = (self.zone.data or "").strip()
        if not is_zone(zone):
            self._blame(self.zone, lazy_gettext("Please choose a time zone, such as Europe/Berlin."))
            return None
        if day is None or start is None or minutes is None:
            return None
        if not exists(start, zone):
            self._blame(self.time, lazy_gettext("The clocks skip this time on that day."))
            return None
        if self.repeats.data == "never":
            return Schedule(start, zone, minutes)
        rule = self._rule(day)
        return Schedule(start, zone, minutes, rule) if rule is not None else None

    def _rule(self, first: date) -> Rule | None:
        interval = self._number(self.interval, MAX_INTERVAL)
        place = self._place(first)
        count = self._number(self.count, MAX_COUNT) if self.ends.data == "count" else None
        until = self._day(self.until) if self.ends.data == "until" else None
        if until is not None and until < first:
            self._blame(self.until, lazy_gettext("The last day lies before the first."))
        if interval is None or place is None or self.errors:
            return None
        days = {WEEKDAYS.index(each) for each in self.weekdays.data or () if each in WEEKDAYS}
        # RFC 5545 §3.8.5.3: the first date has to be one of the rule's own
        weekdays = frozenset(days | {first.weekday()}) if self.repeats.data == "weekly" else frozenset()
        return Rule(_FREQUENCIES[self.repeats.data], interval, weekdays, place, count, until)

    def _place(self, first: date) -> int | None:
        last = (first + timedelta(days=7)).month != first.month
        if self.repeats.data == "last" and not last:
            self._blame(
                self.repeats, lazy_gettext("The first date is not the last such weekday of its month.")
            )
            return None
        if self.repeats.data not in ("weekday", "last"):
            return 0
        place = (first.day - 1) // 7 + 1
        return -1 if self.repeats.data == "last" or place > 4 else place

    def _start(self, day: date) -> datetime | None:
        try:
            wall = datetime.strptime((self.time.data or "").strip()[:5], "%H:%M").time()
        except ValueError:
            self._blame(self.time, lazy_gettext("Please give a time, such as 14:30."))
            return None
        return datetime.combine(day, wall)

    def _day(self, field: Any) -> date | None:
        try:
            day = date.fromisoformat((field.data or "").strip())
        except ValueError:
            day = date.min
        if day.year in _YEARS:
            return day
        self._blame(field, lazy_gettext("Please give a day, such as 2027-01-31."))
        return None

    def _number(self, field: Any, most: int) -> int | None:
        text = (field.data or "").strip()
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
        if 1 <= number <= most:
            return number
        self._blame(field, lazy_gettext("Please give a number from 1 to %(most)s.", most=most))
        return None

    def _blame(self, field: Any, reason: Any) -> None:
        field.errors = [*field.errors, reason]
