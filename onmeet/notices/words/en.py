"""A notice in English."""

from __future__ import annotations

from onmeet.notices.words.en_page import CONSENTS, PHRASES, RECIPIENTS
from onmeet.notices.words.shape import EventWords, Terms, Words

__all__ = ["WORDS"]

_CATEGORIES = {
    "account.name": ("Name", "the name that an account goes by"),
    "account.email": ("E-mail address", "to sign in, and to be written to"),
    "account.phone": ("Telephone number", "of the account, if one was given"),
    "account.country": ("Country", "where the account's owner lives, if it was given"),
    "account.password": ("Password", "as an argon2id hash from which it cannot be read"),
    "account.picture": ("Profile picture", "if one was uploaded"),
    "account.settings": ("Settings", "language and choices made in the account"),
    "account.times": ("Days of use", "the day an account was made and the day it was last used"),
    "account.sign_in": ("Signed-in browsers", "which kind of browser, since when, until when"),
    "billing.state": ("State of payment", "that the payment provider was paid, and whether it knows you"),
    "billing.invoice": ("Invoices", "number, date, amount and address; never card or bank data"),
    "meeting.link": ("Meeting code", "the part of the link before the #; the secret part never gets here"),
    "meeting.topic": ("Title of a meeting", "as its owner typed it"),
    "meeting.description": ("Description of a meeting", "as its owner typed it"),
    "meeting.times": ("Days and times of a meeting", "when it was made, is planned, began and ended"),
    "meeting.participants": ("Names in a meeting", "as people typed them when they went in"),
    "meeting.joins": ("Coming and going", "when each person came into a meeting and left it"),
    "meeting.access_kind": ("Way of access", "whether somebody came by browser or by telephone"),
    "meeting.ip": ("Network addresses in a meeting", "the IP address of each participant"),
    "meeting.device": ("Device", "browser and operating system with their versions"),
    "meeting.quality": ("Quality of the connection", "losses, delays and data rates of each participant"),
    "meeting.integration": ("Linked services", "what a service of somebody else did in a meeting, and when"),
    "call.caller_number": ("Calling number", "the telephone number or line that a call came from"),
    "call.callee_number": ("Called number", "the telephone number or line that was called"),
    "call.times": ("Times of a call", "when a telephone call began and ended"),
    "call.pbx_domain": ("Domain of the telephone system", "through which the call came"),
    "call.licence_key": ("Licence key of the telephone system", "through which the call came"),
    "call.ip": ("Network address of the telephone system", "the IP address that the call came from"),
    "chat.message": ("Chat messages", "written in a meeting; encrypted in the browser before they are sent"),
    "notes.text": ("Comments and notes", "what is written down together in a meeting"),
    "recording.file": ("Recordings", "sound or picture of a meeting, only when it was recorded"),
    "security.ip": (
        "Network address of a visit",
        "the IP address and the time of requests, to stop attacks and for nothing else",
    ),
    "visitor.country": ("Country of a visit", "guessed from the IP address, to fit currency and place"),
    "usage.aggregate": ("Counts of use", "how much was used when, by which kind of browser; about nobody"),
    "consent.record": ("Consents", "for what, in which words, given and withdrawn when"),
    "newsletter.address": ("Newsletter", "the e-mail address that it goes to"),
    "contact.request": ("Enquiries", "what you write to us, and how to answer you"),
    "request.subject": ("Requests about your data", "who asked, what for, and what was answered"),
    "application.document": ("Job applications", "the documents that you send"),
}

_PURPOSES = {
    "AccountManagement": "to manage accounts",
    "CommunicationForCustomerCare": "to answer enquiries and complaints",
    "CommunicationManagement": "to connect people in a meeting",
    "CustomerCare": "to help customers",
    "DirectMarketing": "to tell you about our offers",
    "EnforceSecurity": "to keep the service secure",
    "EstablishContractualAgreement": "to come to a contract or a trial",
    "FulfilmentOfContractualObligation": "to do what the contract asks of us",
    "IdentityAuthentication": "to know you again when you sign in",
    "IncreaseServiceRobustness": "to find faults and mend them",
    "InternalResourceOptimisation": "to plan how much capacity is needed",
    "LegalCompliance": "to obey the law",
    "MisusePreventionAndDetection": "to prevent and find misuse",
    "PaymentManagement": "for payment",
    "PublicBenefit": "for a task in the public interest",
    "RecordManagement": "to keep records that can be looked up later",
    "RecruitmentApplicationManagement": "to deal with applications for a job",
    "RequestedServiceProvision": "to do what you asked for",
    "RightsFulfilment": "so that you can use your rights",
    "ServiceMonitoring": "to see whether the service works well",
    "ServicePersonalisation": "to fit the service to you",
    "ServiceProvision": "to run the service",
    "ServiceRegistration": "to sign you up for the service, a seminar or a trial",
    "ServiceUsageAnalytics": "to understand how the service is used",
    "TechnicalServiceProvision": "so that the service works technically",
    "UserInterfacePersonalisation": "to show pages the way you like them",
}

_BASES = {
    "Consent": ("your consent", "Art. 6 (1)(a) GDPR"),
    "Contract": ("contract", "Art. 6 (1)(b) GDPR"),
    "LegalObligation": ("legal duty", "Art. 6 (1)(c) GDPR"),
    "PublicInterest": ("task in the public interest", "Art. 6 (1)(e) GDPR"),
    "LegitimateInterest": ("legitimate interest", "Art. 6 (1)(f) GDPR"),
}

_FORMS = {
    "as-is": "complete",
    "truncated.ip": "shortened: the end is cut off, so that it stands for a whole neighbourhood",
    "truncated.number": "shortened to the country and the last two digits",
    "truncated.text": "shortened",
    "pseudonymised": "as a keyed hash that cannot be turned back",
    "rotating": "; the key changes every {days}",
    "aggregate": "as a count that stands for nobody",
}

_READERS = {
    "self": "you",
    "operator": "the operator",
    "host": "the host of the meeting",
    "participants": "everybody in the meeting",
    "link-holders": "whoever has the link",
    "group": "whoever pays for a group of accounts",
    "security": "those in charge of security, nobody else",
}

_TERMS = Terms(
    numbers=(
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
        "twelve",
    ),
    years=("one year", "{n} years"),
    months=("one month", "{n} months"),
    days=("one day", "{n} days"),
    and_=" and ",
    events={
        "collected": EventWords("until it is collected", "after it was collected", "of collection"),
        "call_end": EventWords("until the call ends", "after the call ended", "in which the call ended"),
        "meeting_end": EventWords(
            "until the meeting ends", "after the meeting ended", "in which the meeting ended"
        ),
        "contract_end": EventWords(
            "until the contract ends", "after the contract ended", "in which the contract ended"
        ),
        "account_close": EventWords(
            "until the account is closed or deleted", "after the account was closed",
            "in which the account was closed",
        ),
        "invoice_date": EventWords("until the invoice is made", "after the invoice", "of the invoice"),
        "last_activity": EventWords(
            "until the last sign-in", "after the last sign-in", "in which you signed in last"
        ),
        "consent_withdrawn": EventWords(
            "until you withdraw your consent", "after you withdrew your consent",
            "in which you withdrew your consent",
        ),
        "request_closed": EventWords(
            "until it has been answered", "after it was answered", "in which it was answered"
        ),
        "backup_made": EventWords(
            "until the back-up is made", "after the back-up was made", "in which the back-up was made"
        ),
    },
    for_span="for {span}",
    after_event="until {span} {after}",
    full_months="for the last {n} full months",
    month_of="until the end of the month {of}",
    month_after="until the end of the month that lies {span} {after}",
    year_of="until the end of the calendar year {of}",
    year_next="until the end of the calendar year after the one {of}",
    years_from="for {span}, counted from the end of the calendar year {of}",
    year_after="until the end of the calendar year that lies {span} {after}",
    whichever="{terms}, whichever comes first",
    or_=", or ",
    then="; ",
    in_country="{country}: {terms}",
    elsewhere="elsewhere: {terms}",
    warned="you are warned by e-mail {span} before",
    no_term="until it is deleted",
    in_memory={
        "meeting": "only in memory, while you are in the meeting",
        "call": "only in memory, while the call lasts",
        "request": "only in memory, for the moment of your visit",
        "security": "only in memory, for an hour at most",
        "other": "only in memory, never stored",
    },
)  # fmt: skip

WORDS = Words(
    categories=_CATEGORIES,
    purposes=_PURPOSES,
    bases=_BASES,
    forms=_FORMS,
    readers=_READERS,
    terms=_TERMS,
    recipients=RECIPIENTS,
    consents=CONSENTS,
    phrases=PHRASES,
)
