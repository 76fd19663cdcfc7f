"""From a queued mail to a finished message, out of what the database holds at that moment."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from functools import partial

from babel.dates import format_date
from sqlalchemy.orm import Session

from onmeet.mail.addresses import Addressee, Addresses
from onmeet.mail.html import as_html
from onmeet.mail.links import link_token
from onmeet.mail.mailer import Undeliverable
from onmeet.mail.models import QueuedMail
from onmeet.mail.newsletters import Letterbox, leaving_token
from onmeet.mail.texts import LANGUAGES, change, text
from onmeet.notices import versions
from onmeet.notices.models import SubjectRequest

__all__ = ["House", "Renderer"]


@dataclass(frozen=True, slots=True)
class House:
    """Who writes: the service's name as people know it, its address on the web, the sender of its mails."""

    service: str
    base_url: str
    sender: str


class Renderer:
    """Writes mails. `key` signs the links out of the newsletter."""

    def __init__(self, house: House, addresses: Addresses, letterbox: Letterbox, key: bytes) -> None:
        self._house = house
        self._addresses = addresses
        self._letterbox = letterbox
        self._key = key
        self._kinds: dict[str, Callable[[Session, QueuedMail, str, datetime], dict[str, str] | None]] = {
            "notice-changed": self._notice,
            "notice-withdrawn": self._notice,
            "inactivity-warning": self._dated,
            "account-closed": lambda *_: {},
            "email-proof": partial(self._linked, "account/email/proof"),
            "request-verify": self._verify,
            "request-answered": self._answered,
            "newsletter": self._newsletter,
            "confirm-address": partial(self._linked, "confirm"),
            "address-taken": self._taken,
            "password-reset": partial(self._linked, "reset"),
            "address-change-new": partial(self._linked, "address"),
            "address-change-old": partial(self._linked, "address"),
            "new-sign-in": self._about_security,
            "security-changed": self._about_security,
            "payment-failed": self._about_payment,
            "trial-ending": self._about_payment,
        }

    def render(self, session: Session, mail: QueuedMail, now: datetime) -> EmailMessage | None:
        """The message, or None when there is nobody or nothing left to write to or about.

        Raises `Undeliverable` for an address that cannot be one.
        """
        person = self._addressee(session, mail)
        if person is None or not person.email:
            return None
        language = person.language if person.language in LANGUAGES else LANGUAGES[0]
        words = self._kinds[mail.kind](session, mail, language, now)
        if words is None:
            return None
        leave = ""
        if mail.kind == "newsletter" and mail.account_id is not None:
            token = leaving_token(self._key, mail.account_id, person.subject)
            leave = self._url(f"/newsletter/leave/{token}")
        written = text(mail.kind, language)
        filled = {"service": self._house.service, "notice": self._url("/privacy"), "leave": leave, **words}
        wished = mail.kind == "address-change-new"
        if wished and not person.new_email:
            return None
        message = self._message(person.new_email if wished else person.email, now)
        message["Subject"] = _one_line(written.subject.format(**filled))
        if leave:
            message["List-Unsubscribe"] = f"<{leave}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
        body = _unwrapped(written.body).format(**filled)
        message.set_content(body, cte="quoted-printable")
        page = as_html(body, language, self._house.base_url, written.action)
        message.add_alternative(page, subtype="html", cte="quoted-printable")
        message["Content-Language"] = language
        return message

    def _message(self, to: str, now: datetime) -> EmailMessage:
        message = EmailMessage(policy=policy.SMTP)
        try:
            message["From"] = Address(_one_line(self._house.service), addr_spec=self._house.sender)
            message["To"] = Address(addr_spec=to)  # refuses line ends, and more than one address
        except Exception:  # the library's parser lets all kinds of errors out
            raise Undeliverable("this is not an address that mail can be sent to") from None
        message["Date"] = format_datetime(now.astimezone(UTC))
        message["Message-ID"] = make_msgid(domain=self._house.sender.rpartition("@")[2])
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's machine should answer
        return message

    def _addressee(self, session: Session, mail: QueuedMail) -> Addressee | None:
        if mail.account_id is not None:
            return self._addresses.of(mail.account_id)
        if mail.request_id is None:
            return None
        request = session.get(SubjectRequest, mail.request_id)
        if request is None or not request.email:
            return None
        known = self._addresses.of(request.account_id) if request.account_id is not None else None
        return _Sender(request.email, known.language if known else request.language, request.subject)

    def _notice(
        self, session: Session, mail: QueuedMail, language: str, _now: datetime
    ) -> dict[str, str] | None:
        name, _, number = mail.about.partition("/")
        version = versions.find(session, name, number)
        if version is None or version.withdrawn != (mail.kind == "notice-withdrawn"):
            return None
        return {
            "version": version.version,
            "day": _day(version.effective_at.date(), language),
            "changes": self._url("/privacy/changes"),
            "my_data": self._url("/account/data"),
        }

    def _dated(self, _session: Session, mail: QueuedMail, language: str, _now: datetime) -> dict[str, str]:
        return {"day": _day(date.fromisoformat(mail.about), language), "sign_in": self._url("/sign-in")}

    def _taken(self, *_: object) -> dict[str, str]:
        return {"sign_in": self._url("/sign-in")}

    def _verify(
        self, session: Session, mail: QueuedMail, _language: str, _now: datetime
    ) -> dict[str, str] | None:
        request = session.get(SubjectRequest, mail.request_id)
        if request is None or request.state != "unverified":
            return None
        token = secrets.token_urlsafe(32)
        request.token_hash = hashlib.sha256(token.encode()).hexdigest()
        return {"link": self._url(f"/privacy/requests/confirm/{token}")}

    def _answered(
        self, session: Session, mail: QueuedMail, _language: str, _now: datetime
    ) -> dict[str, str] | None:
        request = session.get(SubjectRequest, mail.request_id)
        return {"answer": request.answer} if request is not None and request.answer else None

    def _newsletter(
        self, _session: Session, mail: QueuedMail, _language: str, _now: datetime
    ) -> dict[str, str] | None:
        letter = self._letterbox.get(mail.about)
        return {"subject": letter.subject, "text": letter.text} if letter is not None else None

    def _linked(
        self, path: str, _session: Session, mail: QueuedMail, _language: str, now: datetime
    ) -> dict[str, str] | None:
        """A mail whose link opens something (`onmeet.mail.links`); its purpose is the mail's kind."""
        person = self._addresses.of(mail.account_id) if mail.account_id is not None else None
        if person is None or mail.account_id is None:
            return None
        token = link_token(self._key, mail.kind, mail.account_id, person.state, now)
        return {"link": self._url(f"/{path}/{token}"), "security": self._url("/account/security")}

    def _about_security(
        self, _session: Session, mail: QueuedMail, language: str, _now: datetime
    ) -> dict[str, str]:
        what = change(mail.about, language) if mail.kind == "security-changed" else ""
        return {"what": what, "security": self._url("/account/security")}

    def _about_payment(
        self, _session: Session, mail: QueuedMail, language: str, _now: datetime
    ) -> dict[str, str]:
        day = _day(date.fromisoformat(mail.about), language) if mail.kind == "trial-ending" else ""
        return {"day": day, "payment": self._url("/account/payment")}

    def _url(self, path: str) -> str:
        return f"{self._house.base_url}{path}"


@dataclass(frozen=True, slots=True)
class _Sender:
    email: str
    language: str
    subject: str
    new_email: str = ""
    state: str = ""


def _unwrapped(body: str) -> str:
    """A paragraph as one line, which mail programs wrap; links and the mark of a signature stay apart."""
    out: list[str] = []
    for line in body.splitlines():
        joins = out and out[-1] and line and "{" not in (out[-1][0], line[0]) and out[-1] != "-- "
        if joins:
            out[-1] += f" {line}"
        else:
            out.append(line)
    return "\n".join(out) + "\n"


def _one_line(words: str) -> str:
    """Without line ends or other control characters: a header is one line."""
    return " ".join("".join(c if c.isprintable() else " " for c in words).split())


def _day(day: date, language: str) -> str:
    return format_date(day, "long", locale=language)
