"""The closed vocabulary of personal data: whatever this software may hold about anybody has its row here.

There is no 'other'. A category that the notice in force does not list is not permitted, and the gate
keeps it out of every store.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["CATEGORIES", "EVENTS", "Category", "Event", "Shape"]

Event = Literal[
    "collected",
    "call_end",
    "contract_end",
    "account_close",
    "invoice_date",
    "last_activity",
    "consent_withdrawn",
    "request_closed",
    "backup_made",
]
"""What a retention counts from."""

EVENTS: tuple[Event, ...] = (
    "collected", "call_end", "contract_end", "account_close", "invoice_date", "last_activity",
    "consent_withdrawn", "request_closed", "backup_made",
)  # fmt: skip

Shape = Literal["text", "ip", "number", "time", "count", "file"]
"""What the values look like, which decides what truncation can mean: only `ip` and `number` can be cut."""

Subject = Literal["account", "participant", "caller", "visitor", "enquirer"]


@dataclass(frozen=True, slots=True)
class Category:
    """One kind of personal data.

    about: whose data it is. personal_data: the class in the Data Privacy Vocabulary's PD extension
    (https://w3id.org/dpv/pd#) that comes nearest. events: what its retention may count from.
    """

    name: str
    about: Subject
    shape: Shape
    personal_data: str
    events: tuple[Event, ...]


_ACCOUNT: tuple[Event, ...] = ("collected", "contract_end", "account_close", "last_activity")
_CALL: tuple[Event, ...] = ("collected", "call_end", "contract_end", "account_close")

_ROWS: tuple[tuple[str, Subject, Shape, str, tuple[Event, ...]], ...] = (
    ("account.name", "account", "text", "Name", _ACCOUNT),
    ("account.email", "account", "text", "EmailAddress", _ACCOUNT),
    ("account.phone", "account", "number", "TelephoneNumber", _ACCOUNT),
    ("account.country", "account", "text", "Country", _ACCOUNT),
    ("account.password", "account", "text", "Password", _ACCOUNT),
    ("account.picture", "account", "file", "Picture", _ACCOUNT),
    ("account.settings", "account", "text", "Preference", _ACCOUNT),
    ("account.times", "account", "time", "ServiceConsumptionBehaviour", _ACCOUNT),
    ("account.sign_in", "account", "text", "Authenticating", _ACCOUNT),
    ("billing.state", "account", "text", "Transactional", (*_ACCOUNT, "invoice_date")),
    ("billing.invoice", "account", "text", "Transactional", (*_ACCOUNT, "invoice_date")),
    ("meeting.link", "account", "text", "Identifier", _CALL),
    ("meeting.topic", "account", "text", "Communication", _CALL),
    ("meeting.description", "account", "text", "Communication", _CALL),
    ("meeting.times", "account", "time", "ServiceConsumptionBehaviour", _CALL),
    ("meeting.participants", "participant", "text", "Name", _CALL),
    ("meeting.joins", "participant", "time", "ServiceConsumptionBehaviour", _CALL),
    ("meeting.access_kind", "participant", "text", "DeviceBased", _CALL),
    ("meeting.ip", "participant", "ip", "IPAddress", _CALL),
    ("meeting.device", "participant", "text", "DeviceSoftware", _CALL),
    ("meeting.quality", "participant", "text", "CommunicationsMetadata", _CALL),
    ("meeting.integration", "participant", "text", "ServiceConsumptionBehaviour", _CALL),
    ("call.caller_number", "caller", "number", "TelephoneNumber", _CALL),
    ("call.callee_number", "caller", "number", "TelephoneNumber", _CALL),
    ("call.times", "caller", "time", "CallLog", _CALL),
    ("call.pbx_domain", "caller", "text", "DeviceBased", _CALL),
    ("call.licence_key", "caller", "text", "UID", _CALL),
    ("call.ip", "caller", "ip", "IPAddress", _CALL),
    ("chat.message", "participant", "text", "Communication", _CALL),
    ("notes.text", "participant", "text", "Communication", _CALL),
    ("recording.file", "participant", "file", "VoiceCommunicationRecording", _CALL),
    ("security.ip", "visitor", "ip", "IPAddress", ("collected",)),
    ("visitor.country", "visitor", "text", "Country", ("collected",)),
    ("usage.aggregate", "visitor", "count", "ServiceConsumptionBehaviour", ("collected",)),
    ("consent.record", "account", "text", "PrivacyPreference", (*_ACCOUNT, "consent_withdrawn")),
    ("newsletter.address", "account", "text", "EmailAddress", (*_ACCOUNT, "consent_withdrawn")),
    ("contact.request", "enquirer", "text", "Contact", ("collected", "request_closed")),
    ("request.subject", "enquirer", "text", "Contact", ("collected", "request_closed")),
    ("application.document", "enquirer", "file", "Professional", ("collected", "request_closed")),
)

CATEGORIES: dict[str, Category] = {row[0]: Category(*row) for row in _ROWS}
"""By name."""
