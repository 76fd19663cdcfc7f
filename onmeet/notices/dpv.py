"""The terms of the Data Privacy Vocabulary that a notice may use, and a notice as a JSON-LD document.

The vocabulary is that of the W3C Community Group, https://w3id.org/dpv, with its extensions for kinds of
personal data, the GDPR and places. A test compares every term used here with the published ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from onmeet.notices.categories import CATEGORIES, Subject
from onmeet.notices.notice import Consent, Contact, Form, Item, Notice, Recipient, Term
from onmeet.notices.terms import write_term

__all__ = ["LEGAL_BASES", "PURPOSES", "VERSION", "to_jsonld"]

VERSION = "2.3"
"""Of the vocabulary."""

PURPOSES: tuple[str, ...] = (
    "AccountManagement",
    "CommunicationForCustomerCare",
    "CommunicationManagement",
    "CustomerCare",
    "DirectMarketing",
    "EnforceSecurity",
    "EstablishContractualAgreement",
    "FulfilmentOfContractualObligation",
    "IdentityAuthentication",
    "IncreaseServiceRobustness",
    "InternalResourceOptimisation",
    "LegalCompliance",
    "MisusePreventionAndDetection",
    "PaymentManagement",
    "PublicBenefit",
    "RecordManagement",
    "RecruitmentApplicationManagement",
    "RequestedServiceProvision",
    "RightsFulfilment",
    "ServiceMonitoring",
    "ServicePersonalisation",
    "ServiceProvision",
    "ServiceRegistration",
    "ServiceUsageAnalytics",
    "TechnicalServiceProvision",
    "UserInterfacePersonalisation",
)
"""Purposes (https://w3id.org/dpv#…) that a notice may name."""

LEGAL_BASES: dict[str, str] = {
    "Consent": "A6-1-a",
    "Contract": "A6-1-b",
    "LegalObligation": "A6-1-c",
    "PublicInterest": "A6-1-e",
    "LegitimateInterest": "A6-1-f",
}
"""Legal bases (https://w3id.org/dpv#…) with the letter of GDPR Art. 6 (1)
(https://w3id.org/dpv/legal/eu/gdpr#…)."""

CONTEXT = {
    "dpv": "https://w3id.org/dpv#",
    "pd": "https://w3id.org/dpv/pd#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "loc": "https://w3id.org/dpv/loc#",
    "dct": "http://purl.org/dc/terms/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "schema": "https://schema.org/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

_RIGHTS = ("A7-3", "A13", "A15", "A16", "A17", "A18", "A20", "A21", "A77")
"""Rights under the GDPR: to withdraw consent, to be informed, access, rectification, erasure, restriction,
portability, objection, complaint."""

_MEASURES = ("EndToEndEncryption", "EncryptionInTransfer", "DigitalSignatures")
"""Of every notice: they are in the software."""

_SUBJECTS: dict[Subject, str] = {
    "account": "Subscriber",
    "participant": "Participant",
    "caller": "User",
    "visitor": "Visitor",
    "enquirer": "Applicant",
}

_PROCESSING: dict[Form, tuple[str, ...]] = {
    "as-is": ("Store", "Erase"),
    "truncated": ("Store", "Erase"),
    "pseudonymised": ("Pseudonymise", "Store", "Erase"),
    "aggregate": ("Aggregate",),
}

_FORM_MEASURES: dict[Form, str] = {"truncated": "DataRedaction", "pseudonymised": "Pseudonymisation"}

Node = dict[str, Any]


def to_jsonld(notice: Notice, base_url: str) -> Node:
    """The notice as one JSON-LD document whose names lie below `base_url`; fill in its contacts before."""
    here = f"{base_url.rstrip('/')}/privacy/versions/{notice.name}/{notice.version}"
    return {
        "@context": dict(CONTEXT),
        "@id": here,
        "@type": "dpv:PrivacyNotice",
        "dct:identifier": f"{notice.name}/{notice.version}",
        "schema:version": notice.version,
        "dct:issued": _literal(notice.published.isoformat(), "date"),
        "dct:valid": _literal(notice.effective.isoformat(), "date"),
        "dct:language": list(notice.languages),
        "dct:conformsTo": {"@id": CONTEXT["dpv"].rstrip("#")},
        "dpv:hasDataController": _contact(notice.controller, "DataController", f"{here}#controller"),
        **_if(
            "dpv:hasDataProtectionOfficer",
            _contact(notice.officer, "DataProtectionOfficer", f"{here}#officer"),
        ),
        **_if("dpv:hasAuthority", _contact(notice.authority, "DataProtectionAuthority", f"{here}#authority")),
        "dpv:hasRight": [{"@id": f"eu-gdpr:{right}"} for right in _RIGHTS],
        "dpv:hasTechnicalMeasure": _terms("dpv", _MEASURES),
        "dpv:hasLocation": _terms("loc", dict.fromkeys(place.country for place in notice.locations)),
        **_if("dpv:hasRecipient", [_recipient(n, one, here) for n, one in enumerate(notice.recipients)]),
        **_if("dpv:hasConsentControl", [_consent(one, here) for one in notice.consents]),
        "dpv:hasProcess": [_process(item, notice, here) for item in notice.items],
    }


def _process(item: Item, notice: Notice, here: str) -> Node:
    category = CATEGORIES[item.category]
    places = {one.name: n for n, one in enumerate(notice.recipients)}
    processing = ("Use",) if item.transient else _PROCESSING[item.form]
    measure = [] if item.transient else [_FORM_MEASURES[f] for f in _FORM_MEASURES if f == item.form]
    return {
        "@id": f"{here}#{item.category}",
        "@type": "dpv:PersonalDataProcess",
        "dct:identifier": item.category,
        "dpv:hasPersonalData": {"@id": f"pd:{category.personal_data}"},
        "dpv:hasDataSubject": {"@id": f"dpv:{_SUBJECTS[category.about]}"},
        "dpv:hasPurpose": {"@id": f"dpv:{item.purpose}"},
        "dpv:hasLegalBasis": [
            {"@id": f"dpv:{item.legal_basis}"},
            {"@id": f"eu-gdpr:{LEGAL_BASES[item.legal_basis]}"},
        ],
        "dpv:hasProcessing": _terms("dpv", processing),
        **_if("dpv:hasTechnicalMeasure", _terms("dpv", measure)),
        **_if("dpv:hasStorageCondition", [_storage(term) for term in item.terms]),
        **_if("dpv:hasRecipient", [{"@id": f"{here}#recipient-{places[n]}"} for n in item.recipients]),
    }


def _storage(term: Term) -> Node:
    """A span of time after an event, or the event itself; the words are those of the notice's file."""
    span = f"P{term.years}Y{term.months}M{term.days}D" if term.years + term.months + term.days else ""
    duration: Node = {
        "@type": "dpv:TemporalDuration" if span else "dpv:UntilEventDuration",
        "dct:description": {"@value": write_term(term), "@language": "en"},
        **_if("rdf:value", _literal(span, "duration") if span else None),
    }
    return {
        "@type": ["dpv:StorageDuration", "dpv:StorageDeletion"],
        "dpv:hasDuration": duration,
        **_if("dpv:hasJurisdiction", {"@id": f"loc:{term.country}"} if term.country else None),
    }


def _recipient(number: int, one: Recipient, here: str) -> Node:
    return {
        "@id": f"{here}#recipient-{number}",
        "@type": "dpv:DataProcessor" if one.role == "processor" else "dpv:Recipient",
        "dpv:hasName": one.name,
        "dpv:hasPurpose": {"@id": f"dpv:{one.purpose}"},
        "dpv:hasLocation": {"@id": f"loc:{one.country}"},
        **_if("dpv:hasLegalBasis", _agreement(one.contract)),
    }


def _agreement(contract: str) -> Node:
    return {"@type": "dpv:DataProcessingAgreement", "dct:description": contract} if contract else {}


def _consent(one: Consent, here: str) -> Node:
    return {
        "@id": f"{here}#consent-{one.name}",
        "@type": "dpv:ObtainConsent",
        "dct:identifier": one.name,
        "dpv:hasPurpose": {"@id": f"dpv:{one.purpose}"},
    }


def _contact(contact: Contact, kind: str, name: str) -> Node:
    """Empty for a contact of whom nothing is known."""
    if contact == Contact():
        return {}
    reach = [text for text in (contact.email, contact.phone, contact.web) if text]
    return {
        "@id": name,
        "@type": f"dpv:{kind}",
        **_if("dpv:hasName", contact.name),
        **_if("dpv:hasAddress", contact.address),
        **_if("dpv:hasContact", reach),
    }


def _terms(prefix: str, names: Iterable[str]) -> list[Node]:
    return [{"@id": f"{prefix}:{name}"} for name in names]


def _literal(value: str, kind: str) -> Node:
    return {"@value": value, "@type": f"xsd:{kind}"}


def _if(key: str, value: Any) -> Node:
    """The key only when there is something to say."""
    return {key: value} if value else {}
