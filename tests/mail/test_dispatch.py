"""What is in the queue is written when it is sent, sent once, tried again, given up in the end."""

from __future__ import annotations

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from email.message import EmailMessage
from html import unescape

import pytest
from sqlalchemy import delete

from onmeet.accounts.models import Account
from onmeet.errors import NotPermitted, ProviderError
from onmeet.mail import office as post_office
from onmeet.mail.dispatch import Sent
from onmeet.mail.letters import LETTERS, permitted
from onmeet.mail.mailer import Undeliverable
from onmeet.mail.newsletters import Newsletter, leaving_token, token_account, token_fits
from onmeet.mail.queue import enqueue_for
from onmeet.mail.texts import LANGUAGES, text
from onmeet.notices import reading, versions
from onmeet.notices.categories import CATEGORIES
from onmeet.notices.consents import Consents
from onmeet.notices.models import SubjectRequest
from onmeet.notices.notice import Consent, Item
from onmeet.notices.policy import Policy
from tests.factories.french import slips_in
from tests.factories.letters import page, plain
from tests.factories.policies import permitting, policy
from tests.mail.conftest import KEY, NOW, Office


def body(office: Office) -> str:
    return plain(office.hand.mails[-1])


def warn(office: Office, account: int) -> None:
    office.queue("inactivity-warning", account=account, about="2026-04-01")


def request(office: Office, state: str = "unverified", answer: str | None = None) -> int:
    made = SubjectRequest(
        subject="s" * 32,
        kind="access",
        email="guest@example.org",
        state=state,
        answer=answer,
        received_at=NOW,
        due_on=date(2026, 4, 1),
    )
    with office.database.writing() as session:
        session.add(made)
    return made.id


@pytest.mark.promise("N1.13")
def test_the_warning_names_the_day_in_the_language_of_the_account(office: Office) -> None:
    """Before an inactive account is closed, a mail names the day, in the account's language."""
    for language, day in (("de", "1. April 2026"), ("fr", "1 avril 2026"), ("en", "April 1, 2026")):
        warn(office, office.person(f"{language}@example.org", language))
        assert office.send().sent == 1
        mail = office.hand.mails[-1]
        assert mail["To"] == f"{language}@example.org"
        assert mail["Content-Language"] == language
        assert day in mail["Subject"]
        assert "https://meet.example.org/sign-in" in body(office)
    assert mail["From"].addresses[0].display_name == "Café Nord"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert office.waiting() == 0


@pytest.mark.parametrize("kind", LETTERS)
def test_french_mails_are_set_as_french(kind: str) -> None:
    assert slips_in(text(kind, "fr")) == []


def test_a_language_that_we_do_not_speak_is_answered_in_english(office: Office) -> None:
    warn(office, office.person(language="fi"))
    office.send()
    assert "Hello" in body(office)


def test_a_mail_is_written_from_what_is_held_when_it_is_sent(office: Office) -> None:
    account = office.person("old@example.org")
    warn(office, account)
    with office.database.writing() as session:
        session.get_one(Account, account).email = "new@example.org"
    office.send()
    assert office.hand.mails[-1]["To"] == "new@example.org"


@pytest.mark.promise("N1.12")
def test_whoever_deleted_the_account_gets_no_more_mail(office: Office) -> None:
    """Whoever deleted the account gets no more mail, not even what was queued."""
    account = office.person()
    warn(office, account)
    with office.database.writing() as session:
        session.execute(delete(Account).where(Account.id == account))
    assert office.send().sent == 0
    assert office.waiting() == 0


def test_the_same_mail_is_queued_once(office: Office) -> None:
    account = office.person()
    warn(office, account)
    warn(office, account)
    assert office.waiting() == 1


def test_two_processes_send_a_mail_once(office: Office) -> None:
    for number in range(5):
        warn(office, office.person(f"p{number}@example.org"))
    with ThreadPoolExecutor(2) as processes:
        runs = list(processes.map(lambda _: office.send(), range(2)))
    assert sum(run.sent for run in runs) == 5
    assert len({mail["To"] for mail in office.hand.mails}) == len(office.hand.mails) == 5


def test_a_server_that_is_away_is_asked_again_more_and_more_seldom(office: Office) -> None:
    warn(office, office.person())
    office.hand.fails = ProviderError("away")
    assert office.send().put_off == 1
    assert office.send(NOW + timedelta(minutes=4)).put_off == 0
    assert office.send(NOW + timedelta(minutes=5)).put_off == 1
    assert office.send(NOW + timedelta(minutes=14)).put_off == 0
    office.hand.fails = None
    assert office.send(NOW + timedelta(minutes=15)).sent == 1
    assert office.waiting() == 0


def test_after_a_week_a_mail_is_given_up(office: Office) -> None:
    warn(office, office.person())
    office.hand.fails = ProviderError("away")
    assert office.send(NOW + timedelta(days=6)).put_off == 1
    assert office.send(NOW + timedelta(days=7)).dropped == 1
    assert office.waiting() == 0


def test_a_refused_mail_is_not_tried_again(office: Office) -> None:
    warn(office, office.person())
    office.hand.fails = Undeliverable("unknown")
    assert office.send().dropped == 1
    assert office.waiting() == 0


def test_a_mail_whose_process_died_is_sent_later_by_another(office: Office) -> None:
    warn(office, office.person())
    office.hand.fails = KeyboardInterrupt()  # as good as a kill: nothing of ours catches it
    with pytest.raises(KeyboardInterrupt):
        office.send()
    office.hand.fails = None
    assert office.send(NOW + timedelta(minutes=9)).sent == 0
    assert office.send(NOW + timedelta(minutes=10)).sent == 1


@pytest.mark.parametrize(
    "address",
    [
        "a@b.org\r\nBcc: c@d.org",
        "a@b.org, c@d.org",
        "<a@b.org>",
        "not an address",
        "a@b.org\nX: y",
        "@",
        "a\x1f@b",
    ],
)
def test_an_address_cannot_bring_headers_or_other_addressees(office: Office, address: str) -> None:
    warn(office, office.person(address))
    assert office.send().sent == 0
    assert office.waiting() == 0


def test_a_newsletters_subject_cannot_bring_headers() -> None:
    read = Newsletter.read("News\x0b\x0c\x85Bcc: c@d.org\nText")
    assert "\n" not in read.subject


@pytest.mark.promise("N1.8", "N1.19")
def test_people_are_told_of_a_changed_notice_with_its_day_and_a_link_to_the_change(office: Office) -> None:
    """A mail tells subscribers of a changed notice, its day and what differs."""
    accounts = [office.person("ada@example.org"), office.person("ben@example.org", "de")]
    versions.adopt(office.database, reading.load("on-meet"), NOW, True)
    news = versions.adopt(office.database, reading.load("easymeet24"), NOW, True).news
    with office.database.writing() as session:
        enqueue_for(session, "notice-changed", NOW, accounts, about=news.label)
    assert office.send().sent == 2
    assert "1. März 2026" in body(office)
    assert "https://meet.example.org/privacy/changes" in body(office)
    assert "https://meet.example.org/account/data" in body(office)


def test_nobody_is_told_of_a_change_that_was_withdrawn_meanwhile(office: Office) -> None:
    account = office.person()
    versions.adopt(office.database, reading.load("on-meet"), NOW, True)
    office.queue("notice-changed", account=account, about="on-meet/never heard of")
    office.queue("notice-withdrawn", account=account, about=versions.label_of(reading.load("on-meet")))
    assert office.send().dropped == 2


@pytest.mark.promise("N2.4")
def test_a_request_is_confirmed_by_a_link_of_which_only_the_hash_is_kept(office: Office) -> None:
    """A request is confirmed by a mailed link; of the link only a hash is kept."""
    number = request(office)
    office.queue("request-verify", request=number)
    office.send()
    assert office.hand.mails[-1]["To"] == "guest@example.org"
    token = re.search(r"/privacy/requests/confirm/(\S+)", body(office))
    assert token is not None
    with office.database.reading() as session:
        kept = session.get_one(SubjectRequest, number)
    assert kept.token_hash == hashlib.sha256(token[1].encode()).hexdigest()


def test_a_request_that_is_confirmed_already_is_not_asked_about_again(office: Office) -> None:
    office.queue("request-verify", request=request(office, state="open"))
    assert office.send().dropped == 1


@pytest.mark.promise("N2.4")
def test_the_answer_to_a_request_is_mailed(office: Office) -> None:
    """The answer to a request is mailed."""
    office.queue("request-answered", request=request(office, "answered", "We hold {nothing} about you."))
    office.send()
    assert "We hold {nothing} about you." in body(office)


@pytest.mark.promise("N2.5", "N3.11")
def test_a_newsletter_goes_to_those_who_agreed_and_says_how_to_leave(office: Office) -> None:
    """A newsletter goes to those who agreed, and each mail has a link to leave."""
    office.under("easymeet24")
    ada, ben = office.person("ada@example.org"), office.person("ben@example.org")
    consents = Consents(office.database, office.policy)
    for account in (ada, ben):
        consents.give(account, "newsletter", "Yes, mail me.", NOW)
    name = office.letterbox.put("Spring\n\nWe can do {more} now.")
    for account in (ada, ben, office.person("cid@example.org")):
        office.queue("newsletter", account=account, about=name)
    consents.withdraw(ben, "newsletter", NOW)  # after it was queued
    done = office.send()
    assert (done.sent, done.dropped) == (1, 2)
    mail = office.hand.mails[0]
    assert (mail["To"], mail["Subject"]) == ("ada@example.org", "Spring")
    assert "We can do {more} now." in body(office)
    leave = mail["List-Unsubscribe"].strip("<>")
    assert leave in body(office)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    token = leave.rpartition("/")[2]
    assert token_account(token) == ada
    assert office.letterbox.get(name) is None  # nobody waits for it any more


@pytest.mark.promise("N2.5")
def test_who_left_the_newsletter_still_gets_the_mail_that_the_account_needs(office: Office) -> None:
    """Whoever left the newsletter still gets the mail that the account needs."""
    office.under("meetingsphere")
    account = office.person()
    consents = Consents(office.database, office.policy)
    consents.give(account, "newsletter", "Yes, mail me.", NOW)
    consents.withdraw(account, "newsletter", NOW)
    office.queue("newsletter", account=account, about=office.letterbox.put("Spring\n\nNews."))
    warn(office, account)
    assert (office.send().sent, office.waiting()) == (1, 0)
    (mail,) = office.hand.mails
    assert mail["Subject"] != "Spring"


@pytest.mark.promise("N1.8")
def test_under_on_meet_there_is_no_newsletter(office: Office) -> None:
    """Under on-meet no newsletter is sent, and nobody's address is used for one."""
    name = office.letterbox.put("Buy\n\nnow")
    office.queue("newsletter", account=office.person(), about=name)
    done = office.send()
    assert (done.sent, done.dropped) == (0, 1)


NEEDED = {
    "notice-changed", "notice-withdrawn", "account-closed", "email-proof",
    "confirm-address", "address-taken", "password-reset", "address-change-new", "address-change-old",
    "new-sign-in", "security-changed",
    "request-verify", "request-answered",
}  # fmt: skip
PAID = {"payment-failed", "trial-ending"}


@pytest.mark.promise("N1.2", "N1.8")
@pytest.mark.parametrize(
    ("notice", "kinds"),
    [
        ("on-meet", NEEDED | PAID | {"inactivity-warning"}),
        ("meetingsphere", NEEDED | PAID | {"inactivity-warning", "newsletter"}),
        ("easymeet24", NEEDED | PAID | {"inactivity-warning", "newsletter"}),
        ("web1on1", NEEDED | PAID | {"inactivity-warning", "newsletter"}),
        ("3cx-webmeeting", NEEDED),
    ],
)
def test_only_kinds_of_mail_are_written_that_the_notice_in_force_permits(
    notice: str, kinds: set[str]
) -> None:
    """A mail is written only where the notice in force lists what it uses, for what it is used."""
    assert {kind for kind, letter in LETTERS.items() if permitted(letter, policy(notice))} == kinds


def test_a_mail_needs_the_purpose_that_the_notice_names() -> None:
    consent = Consent("newsletter", "DirectMarketing", recorded=True)
    address = Item("newsletter.address", "DirectMarketing", "Consent")
    email = Item("account.email", "AccountManagement", "Contract")
    for items, consents, right in (
        ((email, address), (consent,), True),
        ((email, address), (), False),
        ((email, replace(address, purpose="ServiceUsageAnalytics")), (consent,), False),
        ((email, address), (replace(consent, purpose="ServiceUsageAnalytics"),), False),
    ):
        notice = replace(permitting(*items).notice, consents=consents)
        assert permitted(LETTERS["newsletter"], Policy(notice)) is right
    for purpose in ("RightsFulfilment", "DirectMarketing"):
        asked = permitting(Item("request.subject", purpose, "LegalObligation"))
        assert permitted(LETTERS["request-verify"], asked) is (purpose == "RightsFulfilment")


@pytest.mark.promise("N1.2")
def test_a_mail_is_not_written_to_a_file_where_the_notice_does_not_permit_it(office: Office) -> None:
    """No mail is written into a file that the notice in force does not permit; it is dropped and counted."""
    outbox = post_office.outbox(office.config, permitting())
    with pytest.raises(NotPermitted, match=r"account\.email, which the notice in force does not list"):
        outbox.send(EmailMessage())
    assert not outbox.folder.exists()
    warn(office, office.person())
    office.hand.fails = NotPermitted("a file")
    assert office.send() == Sent(dropped=1)
    assert office.waiting() == 0


def test_a_leaving_link_fits_one_account_alone() -> None:
    token = leaving_token(KEY, 7, "subject of seven")
    assert token_fits(KEY, token, 7, "subject of seven")
    assert not token_fits(KEY, token, 8, "subject of seven")
    assert not token_fits(KEY, token, 7, "somebody else")
    assert not token_fits(b"other" * 8, token, 7, "subject of seven")
    assert token_account("x-y") is None
    assert token_account("9" * 40) is None


def test_every_kind_of_mail_says_what_it_uses_and_has_words_in_every_language() -> None:
    for letter in LETTERS.values():
        assert set(letter.uses) <= set(CATEGORIES)
        assert letter.uses
        bodies = {text(letter.kind, language).body for language in LANGUAGES}
        assert len(bodies) == len(LANGUAGES)


def test_a_kind_that_is_not_declared_cannot_be_queued(office: Office) -> None:
    with pytest.raises(ValueError, match=re.escape("onmeet.mail.letters")):
        office.queue("advertisement", account=office.person())


def queue_all(office: Office, account: int) -> None:
    """One of each mail that an account can get about itself."""
    for kind, letter in LETTERS.items():
        if letter.uses[0] == "account.email" and not letter.voluntary and not kind.startswith("notice-"):
            about = {"security-changed": "passkey"}.get(kind, "2026-04-01")
            office.queue(kind, account=account, about=about)


@pytest.mark.promise("N1.5")
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_html_part_says_the_same_and_loads_nothing(office: Office, language: str) -> None:
    """Opening a mail tells nobody anything: no image, no font, no counted link."""
    queue_all(office, office.person(language=language))
    office.send()
    assert len(office.hand.mails) >= 10
    for message in office.hand.mails:
        html, words = page(message), plain(message)
        assert not re.search(r"<img|<link|<script|<style|url\(|@import", html)
        links = set(re.findall(r'href="([^"]+)"', html))
        assert links == {line for line in words.splitlines() if line.startswith("https://")}
        assert all(link.startswith("https://meet.example.org/") for link in links)
        shown = unescape(re.sub(r"<[^>]+>", " ", html.partition("<body")[2].partition(">")[2]))
        for paragraph in words.split("\n"):
            assert " ".join(paragraph.split()) in " ".join(shown.split())
