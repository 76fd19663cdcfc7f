"""Small notices to test with, and what can be wrong with one."""

from __future__ import annotations

from onmeet.notices import reading
from onmeet.notices.categories import EVENTS
from onmeet.notices.notice import Notice
from onmeet.notices.reading import Problem

TOP = """\
name = "ours"
version = "1.0"
published = 2026-01-05
effective = 2026-01-19
languages = ["en"]
"""
REST = """
[controller]
name = "{operator}"

[[location]]
country = "DE"
"""
ITEM = """
[[item]]
category = "meeting.ip"
purpose = "EnforceSecurity"
legal_basis = "LegitimateInterest"
retention = "30 days after call_end"
"""
WHOLE = TOP + REST + ITEM
EXTENDING = TOP + 'extends = "easymeet24"\n'


def problems(text: str | bytes) -> list[Problem]:
    found = reading.parse(text, "ours.toml")
    assert not isinstance(found, Notice), "nothing was wrong with it"
    return found


def notice(text: str) -> Notice:
    found = reading.parse(text, "ours.toml")
    assert isinstance(found, Notice), [str(problem) for problem in found]
    return found


def line_of(text: str, start: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if line.startswith(start))


def item(**keys: str) -> str:
    """A whole file with one item, whose keys are replaced (by '' to leave one out)."""
    rows = {
        "category": '"meeting.ip"',
        "purpose": '"EnforceSecurity"',
        "legal_basis": '"LegitimateInterest"',
        "retention": '"30 days after call_end"',
    } | keys
    return TOP + REST + "\n[[item]]\n" + "".join(f"{key} = {value}\n" for key, value in rows.items() if value)


WRONG: dict[str, tuple[str, str, str, str]] = {
    # what: (text, start of the line that is named, item, message and remedy)
    "an unknown key": (
        item(retentions="1"), "retentions", "item meeting.ip",
        "retentions is no key of [item] (did you mean 'retention'?); "
        "remove it: docs/notices.md lists all keys",
    ),
    "an unknown key at the top": (
        "langages = 1\n" + WHOLE, "langages", "",
        "langages is no key of a notice (did you mean 'languages'?); "
        "remove it: docs/notices.md lists all keys",
    ),
    "an unknown table": (
        WHOLE + "\n[[items]]\ncategory = 'account.name'\n", "[[items]]", "",
        "items is no table of a notice (did you mean 'item'?); remove it: docs/notices.md lists all keys",
    ),
    "an unknown category": (
        item(category='"meeting.pi"'), "category", "item meeting.pi",
        "category 'meeting.pi' is no category (did you mean 'meeting.ip'?); "
        "write one of those listed in docs/notices.md",
    ),
    "an unknown purpose": (
        item(purpose='"EnforcingSecurity"'), "purpose", "item meeting.ip",
        "purpose 'EnforcingSecurity' is no purpose (did you mean 'EnforceSecurity'?); "
        "write one of those listed in docs/notices.md",
    ),
    "an unknown legal basis": (
        item(legal_basis='"LegitimateInterests"'), "legal_basis", "item meeting.ip",
        "legal_basis 'LegitimateInterests' is no legal basis (did you mean 'LegitimateInterest'?); "
        "write Consent, Contract, LegalObligation, PublicInterest, LegitimateInterest",
    ),
    "an unknown form": (
        item(form='"truncate"'), "form", "item meeting.ip",
        "form 'truncate' is no form (did you mean 'truncated'?); "
        "write as-is, truncated, pseudonymised, aggregate",
    ),
    "an unknown event": (
        item(retention='"30 days after call_ends"'), "retention", "item meeting.ip",
        "retention 'call_ends' is no event (did you mean 'call_end'?); write one of " + ", ".join(EVENTS),
    ),
    "an event that the category does not know": (
        item(retention='"3 years after invoice_date"'), "retention", "item meeting.ip",
        "retention '3 years after invoice_date': meeting.ip knows no invoice_date; "
        "count from one of collected, call_end, contract_end, account_close",
    ),
    "a name cut short": (
        item(category='"meeting.participants"', form='"truncated"'), "form", "item meeting.participants",
        "form truncated is impossible here: only addresses (ip) and telephone numbers can be cut; "
        "write as-is, pseudonymised or aggregate",
    ),
    "a hashed time": (
        item(category='"meeting.joins"', form='"pseudonymised"', rotate_days="1"), "form",
        "item meeting.joins",
        "form pseudonymised is impossible for a time; write as-is or aggregate",
    ),
    "a hash for ever": (
        item(form='"pseudonymised"'), "form", "item meeting.ip",
        "form pseudonymised needs rotate_days, the days after which another key is taken; "
        "add for example rotate_days = 30",
    ),
    "a key that hashes nothing": (
        item(rotate_days="30"), "rotate_days", "item meeting.ip",
        'rotate_days is for pseudonymised data only; remove it, or write form = "pseudonymised"',
    ),
    "transient with a term": (
        item(retention='["transient", "until call_end"]'), "retention", "item meeting.ip",
        'retention is transient and has terms as well; write retention = "transient", or only when it goes',
    ),
    "no retention": (
        item(retention=""), "[[item]]", "item meeting.ip", "retention is missing; add retention = …",
    ),
    "no term": (
        item(retention="[]"), "retention", "item meeting.ip",
        'retention names no term; say when it goes, or write retention = "transient"',
    ),
    "terms for one country only": (
        item(retention='["until call_end, in DE"]'), "retention", "item meeting.ip",
        "retention says nothing for people elsewhere: every term has a country; "
        "add a term without one, which holds for all others",
    ),
    "two terms from one event": (
        item(retention='["until call_end", "3 days after call_end"]'), "retention", "item meeting.ip",
        "retention counts from the same event twice; keep the shorter of the two",
    ),
    "a warning before a call ends": (
        item(retention='"30 days after call_end, warning 3 days before"'), "retention", "item meeting.ip",
        "retention a warning before call_end is not possible; warn for last_activity only",
    ),
    "a warning before anything has happened": (
        item(category='"account.times"', retention='"30 days after last_activity, warning 30 days before"'),
        "retention", "item account.times",
        "retention warns before the time has begun; warn later, or keep it for longer",
    ),
    "a duty without a law": (
        item(legal_duty="true"), "legal_duty", "item meeting.ip",
        'legal_duty cannot rest on LegitimateInterest; '
        'write legal_basis = "LegalObligation", or remove legal_duty',
    ),
    "a duty to keep nothing": (
        item(legal_duty="true", legal_basis='"LegalObligation"', retention='"transient"'), "legal_duty",
        "item meeting.ip", "legal_duty cannot keep what is transient; say how long the law wants it kept",
    ),
    "consent that nobody gives": (
        item(legal_basis='"Consent"'), "legal_basis", "item meeting.ip",
        "legal_basis is consent, but nobody is asked for any; add a [[consent]] that asks for it",
    ),
    "in force too soon": (
        WHOLE.replace("2026-01-19", "2026-01-18"), "effective", "",
        "effective is less than 14 days after published (2026-01-05); write 2026-01-19 or later",
    ),
    "no language": (
        WHOLE.replace('["en"]', "[]"), "languages", "",
        'languages names none; write at least one of "de", "en", "fr"',
    ),
    "a language without texts": (
        WHOLE.replace('["en"]', '["en", "es"]'), "languages", "",
        "languages 'es' is no language; write de, en, fr",
    ),
    "the same language twice": (
        WHOLE.replace('["en"]', '["en", "en"]'), "languages", "",
        "languages names something twice; name each once",
    ),
    "a day as text": (
        WHOLE.replace("2026-01-05", '"2026-01-05"'), "published", "",
        "published is a text, not a day; write the day as 2026-01-31, without quotation marks",
    ),
    "a time instead of a day": (
        WHOLE.replace("2026-01-05", "2026-01-05T00:00:00Z"), "published", "",
        "published is a time, not a day; write the day as 2026-01-31, without quotation marks",
    ),
    "a number as text": (
        item(form='"pseudonymised"', rotate_days='"30"'), "rotate_days", "item meeting.ip",
        "rotate_days is a text, not a whole number; write a number without quotation marks",
    ),
    "true as a number": (
        item(form='"pseudonymised"', rotate_days="true"), "rotate_days", "item meeting.ip",
        "rotate_days is true or false, not a whole number; write a number without quotation marks",
    ),
    "a text instead of a list": (
        item(readers='"host"'), "readers", "item meeting.ip",
        "readers is a text, not a list; put it into square brackets",
    ),
    "a number among texts": (
        item(readers='["self", 7]'), "readers", "item meeting.ip",
        "readers has an entry that is a number, not a text; put it into quotation marks",
    ),
    "a controller without a name": (
        WHOLE.replace("{operator}", " "), 'name = " "', "controller", "name is empty; write a name",
    ),
    "an unknown function": (
        WHOLE + '[[consent]]\nname = "c"\npurpose = "ServiceProvision"\nbefore = "screen"\n', "before",
        "consent c",
        "before 'screen' is no function; write camera, microphone, chat, telephone, registration",
    ),
    "a number instead of a text": (
        WHOLE.replace('"{operator}"', "7"), "name = 7", "controller",
        "name is a number, not a text; put it into quotation marks",
    ),
    "a text over two lines": (
        WHOLE.replace('"{operator}"', '"a\\nb"'), 'name = "a', "controller",
        "name has control characters or more than 1000 characters; write one short line",
    ),
    "a name with a slash": (
        WHOLE.replace('"ours"', '"our/s"'), 'name = "our', "",
        "name 'our/s' cannot be used here; write small letters, digits and hyphens, at most 64",
    ),
    "an unknown placeholder": (
        WHOLE.replace("{operator}", "{company}"), 'name = "{', "controller",
        "name '{company}' has an unknown placeholder; "
        "use {operator}, {address}, {email}, or write the text itself",
    ),
    "no controller": (
        TOP + '[[location]]\ncountry = "DE"\n', 'name = "ours"', "",
        'controller is missing; add [controller] with name = "{operator}"',
    ),
    "no location": (
        TOP + '[controller]\nname = "x"\n', 'name = "ours"', "",
        "no location is named; add [[location]] with the country of the servers",
    ),
    "an unknown country": (
        WHOLE.replace('"DE"', '"UK"'), "country", "location UK",
        "country 'UK' is no country; write its two capital letters (ISO 3166-1), such as DE or US",
    ),
    "a place outside the EEA": (
        ("eea_only = true\n" + WHOLE).replace('"DE"', '"US"'), "country", "location US",
        "country US is outside the EU and the EEA, which eea_only promises; "
        "choose another provider or place, or remove eea_only",
    ),
    "a provider outside the EEA": (
        "eea_only = true\n" + WHOLE
        + '[[recipient]]\nname = "mail"\nrole = "processor"\npurpose = "ServiceProvision"\ncountry = "CH"\n',
        'country = "CH"', "recipient mail",
        "country CH is outside the EU and the EEA, which eea_only promises; "
        "choose another provider or place, or remove eea_only",
    ),
    "an item twice": (
        WHOLE + ITEM.replace("30", "31"), "category", "item meeting.ip",
        "category 'meeting.ip' stands in line 13 already; keep one of the two",
    ),
    "a recipient who is not listed": (
        item(recipients='["mail"]'), "recipients", "item meeting.ip",
        "recipients 'mail' is not listed; add [[recipient]] with name = \"mail\"",
    ),
    "a cookie for nothing, without consent": (
        WHOLE + '[[cookie]]\nname = "c"\npurpose = "ServiceUsageAnalytics"\nessential = false\n', "essential",
        "cookie c", 'essential is false, and no consent allows it; add consent = "…", or remove the cookie',
    ),
    "a cookie with a consent that nobody is asked for": (
        WHOLE
        + '[[cookie]]\nname = "c"\npurpose = "ServiceUsageAnalytics"\nessential = false\nconsent = "s"\n',
        "consent", "cookie c", "consent 's' is not listed; add [[consent]] with name = \"s\"",
    ),
    "an essential cookie with consent": (
        WHOLE + '[[cookie]]\nname = "c"\npurpose = "ServiceUsageAnalytics"\nconsent = "s"\n',
        "consent", "cookie c",
        "consent is not asked for a cookie that the page needs; remove it, or essential = false",
    ),
    "a consent recorded without permission": (
        WHOLE + '[[consent]]\nname = "news"\npurpose = "DirectMarketing"\nrecorded = true\n', "recorded",
        "consent news",
        'recorded is true, but the notice permits no stored consent.record; '
        'add [[item]] with category = "consent.record", or remove recorded',
    ),
    "single brackets": (
        TOP + REST + ITEM.replace("[[item]]", "[item]"), "[item]", "item meeting.ip",
        "is written with single brackets; write [[item]]",
    ),
    "no table at all": (
        TOP + 'controller = "me"\n' + REST.replace('[controller]\nname = "{operator}"', ""),
        "controller", "controller", "is no table; write [controller]",
    ),
    "something dropped of nothing": (
        'drop = ["account.name"]\n' + WHOLE, "drop", "",
        'drop drops items of nothing; add extends = "…", or remove it',
    ),
}  # fmt: skip
