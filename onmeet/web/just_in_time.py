"""What people read before they use camera, microphone or chat for the first time (N5.6).

The lines come from the notice in force: what happens with that data, and until when it is kept. Where the
notice asks for an explicit yes, the page opens the function only after it; where it wants a record, the
sentence that was shown is kept for people with an account. What guests agree to stays in their browser.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request
from flask_babel import gettext
from flask_login import current_user, login_required

from onmeet import clock
from onmeet.notices import versions, wording
from onmeet.notices.categories import CATEGORIES
from onmeet.notices.consents import Consents
from onmeet.notices.notice import Consent, Item
from onmeet.notices.policy import Policy
from onmeet.web import consent_texts
from onmeet.web.language import language
from onmeet.web.services import services

__all__ = ["FUNCTIONS", "Hint", "blueprint", "hints", "notice_lines", "rules"]

blueprint = Blueprint("just_in_time", __name__)

FUNCTIONS = ("camera", "microphone", "chat")
"""What is used in a browser; the telephone is told by voice."""


@dataclass(frozen=True, slots=True)
class Hint:
    """line: what happens with the data. agree: a yes to `sentence` comes first. record: it is kept."""

    line: str
    sentence: str = ""
    agree: bool = False
    record: bool = False

    @property
    def wording(self) -> str:
        """The words to which somebody agrees, by a press or by going on."""
        return f"{self.line} {self.sentence}".strip()


def hints() -> dict[str, Hint]:
    """The hint of each function, in the language of the page."""
    return {name: _hint(name) for name in FUNCTIONS}


def rules() -> dict[str, Any]:
    """The same for the page's script: to which notice it belongs, what must be asked, what is recorded."""
    signed_in = bool(current_user.is_authenticated)
    return {
        "notice": versions.label_of(services().policy.notice),
        "functions": {
            name: {"agree": hint.agree, "record": hint.record and signed_in} for name, hint in hints().items()
        },
    }


def notice_lines(*, telephone: bool) -> tuple[str, str, str]:
    """The notice in three lines, for whoever is about to go in. telephone: one can be let in."""
    return (
        _who_hears(telephone),
        _what_stays(services().policy),
        _what_else(services().policy),
    )


@blueprint.post("/consents/first-use")
@login_required  # type: ignore[untyped-decorator]
def agreed() -> Response:
    """Keep the consent that a function's first use is, in the words that this page shows."""
    name = request.form.get("name", "")
    consent = _consent(name)
    if consent is None:
        abort(404)
    service = Consents(services().database, services().policy)
    recorded = service.give(current_user.person.id, consent.name, _hint(name).wording, clock.now())
    return jsonify(recorded=recorded)


def _hint(name: str) -> Hint:
    consent = _consent(name)
    line = _chat_line() if name == "chat" else _media_line(name)
    if consent is None:
        return Hint(line)
    sentence = consent_texts.sentence(consent) if consent.asked else ""
    return Hint(line, sentence, consent.asked, consent.recorded)


def _consent(name: str) -> Consent | None:
    """What the notice asks before the first use of a function."""
    if name not in FUNCTIONS:
        return None
    return next((each for each in services().policy.notice.consents if each.before == name), None)


def _media_line(name: str) -> str:
    if name == "camera":
        line = gettext("Camera: your picture goes, encrypted, to those in the meeting when you join.")
    else:
        line = gettext("Microphone: your voice goes, encrypted, to those in the meeting when you join.")
    recording = _stored("recording.file")
    if recording is None:
        nothing = gettext("Nothing of it is stored here.")
        return f"{line} {nothing}"
    kept = gettext("It is stored only if the meeting is recorded: %(until)s.", until=_until(recording))
    return f"{line} {kept}"


def _chat_line() -> str:
    stored = _stored("chat.message")
    if stored is None:
        return str(
            gettext(
                "Everybody in the meeting can read what you write."
                " It is end-to-end encrypted and is gone when the meeting ends."
            )
        )
    return str(
        gettext(
            "Everybody in the meeting can read what you write. It may be kept: %(until)s.",
            until=_until(stored),
        )
    )


def _who_hears(telephone: bool) -> str:
    if not telephone:
        return str(
            gettext(
                "What you say, show and write is encrypted in your browser."
                " This server cannot see or hear it."
            )
        )
    return str(
        gettext(
            "What you say, show and write is encrypted in your browser. This server cannot see it, and hears"
            " it only while the host lets somebody in by telephone: then the shield changes for everybody."
        )
    )


def _what_stays(policy: Policy) -> str:
    """What remains of a meeting about the people in it, by the end of its time."""
    kept = [
        item
        for item in policy.notice.items
        if CATEGORIES[item.category].about == "participant"
        and item.category.startswith("meeting.")
        and policy.stores(item.category)
    ]
    if not kept:
        return str(
            gettext(
                "The name you enter and the data of the call are held in memory only"
                " and are gone when the meeting ends."
            )
        )
    by_end: dict[str, list[str]] = {}
    for item in kept:
        by_end.setdefault(_until(item), []).append(wording.category(item.category, language()))
    listed = wording.in_turn(
        [f"{wording.listing(names, language())} – {until}" for until, names in by_end.items()], language()
    )
    return str(gettext("Kept after the meeting: %(listed)s.", listed=listed))


def _what_else(policy: Policy) -> str:
    if _stored("recording.file") is not None:
        return str(
            gettext("If the meeting is recorded, you are told. Cookies only for what the page needs to work.")
        )
    if any(not cookie.essential for cookie in policy.notice.cookies):
        return str(
            gettext("No recording. Cookies that the page does not need are set only if you accept them.")
        )
    return str(
        gettext("No recording, no tracking, no third parties. Cookies only for what the page needs to work.")
    )


def _stored(category: str) -> Item | None:
    """The item of a category of which something may be left behind."""
    policy = services().policy
    return policy.item(category) if policy.stores(category) else None


def _until(item: Item) -> str:
    return wording.until(item, language())
