"""Mail over SMTP, with a real server at the other end of a real connection."""

from __future__ import annotations

import ssl
from email.message import EmailMessage
from pathlib import Path

import pytest

from onmeet.errors import ConfigError, ProviderError
from onmeet.mail.mailer import Undeliverable
from onmeet.mail.smtp import Smtp
from tests.mail.postman import certificate, postman, trusting


def letter(to: str = "ada@example.org") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "onmeet@example.org", to, "Grüße"
    message.set_content("Ein Wort\n.\nund ein Punkt\n")
    return message


def test_mail_arrives_over_starttls_with_user_and_password(tmp_path: Path) -> None:
    tls, trusted = certificate(tmp_path)
    with postman(tls, password="p@ss") as man:
        Smtp.at(f"smtp://ann:p%40ss@127.0.0.1:{man.port}", context=trusting(trusted)).send(letter())
    assert man.encrypted == [True]
    assert man.logins == [("ann", "p@ss", True)]
    assert man.mails[0]["Subject"] == "Grüße"
    assert man.mails[0].get_content().split() == ["Ein", "Wort", ".", "und", "ein", "Punkt"]


def test_mail_arrives_over_tls_from_the_first_byte(tmp_path: Path) -> None:
    tls, trusted = certificate(tmp_path)
    with postman(tls, implicit=True) as man:
        Smtp.at(f"smtps://127.0.0.1:{man.port}", context=trusting(trusted)).send(letter())
    assert man.encrypted == [True]


def test_a_server_on_this_machine_may_do_without_encryption() -> None:
    with postman() as man:
        Smtp.at(f"smtp://127.0.0.1:{man.port}").send(letter())
    assert man.recipients == ["TO:<ada@example.org>"]


@pytest.mark.promise("N1.16")
def test_a_password_is_never_sent_in_clear() -> None:
    """A mail server that offers no encryption gets no password."""
    with postman(password="secret") as man, pytest.raises(ProviderError, match="STARTTLS"):
        Smtp.at(f"smtp://ann:secret@127.0.0.1:{man.port}").send(letter())
    assert man.logins == []
    assert man.mails == []


@pytest.mark.promise("N1.16")
@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path, scheme: str) -> None:
    """Mail is handed to no server whose certificate nobody vouches for."""
    tls, _ = certificate(tmp_path)
    with postman(tls, implicit=scheme == "smtps") as man, pytest.raises(ProviderError):
        Smtp.at(f"{scheme}://127.0.0.1:{man.port}").send(letter())
    assert man.mails == []


def test_a_certificate_of_another_host_is_refused(tmp_path: Path) -> None:
    tls, trusted = certificate(tmp_path, "mail.example.org")
    with postman(tls) as man, pytest.raises(ProviderError):
        Smtp.at(f"smtp://127.0.0.1:{man.port}", context=trusting(trusted)).send(letter())
    assert man.mails == []


@pytest.mark.parametrize("at", ["MAIL", "RCPT", "DATA"])
def test_greylisting_is_tried_again_and_a_refusal_is_not(at: str) -> None:
    with postman(answers={at: "451 4.7.1 come back in five minutes"}) as man:
        with pytest.raises(ProviderError) as later:
            Smtp.at(f"smtp://127.0.0.1:{man.port}").send(letter())
        man.answers[at] = "550 5.1.1 nobody of that name"
        with pytest.raises(Undeliverable):
            Smtp.at(f"smtp://127.0.0.1:{man.port}").send(letter())
    assert not isinstance(later.value, Undeliverable)


def test_errors_do_not_quote_what_the_server_said() -> None:
    with (
        postman(answers={"RCPT": "550 ada@example.org is unknown"}) as man,
        pytest.raises(Undeliverable) as error,
    ):
        Smtp.at(f"smtp://127.0.0.1:{man.port}").send(letter())
    assert "ada" not in str(error.value)


@pytest.mark.parametrize("at", ["EHLO", "RCPT"])
def test_a_server_that_falls_silent_is_left(at: str) -> None:
    with postman(silent_at=at) as man, pytest.raises(ProviderError):
        Smtp.at(f"smtp://127.0.0.1:{man.port}", timeout=0.2).send(letter())


def test_a_mail_that_was_taken_is_not_sent_again_because_the_goodbye_is_missing() -> None:
    with postman(silent_at="QUIT") as man:
        Smtp.at(f"smtp://127.0.0.1:{man.port}", timeout=3).send(letter())
    assert len(man.mails) == 1


def test_a_server_that_is_away_is_a_matter_of_time() -> None:
    with postman() as man:
        pass
    with pytest.raises(ProviderError):
        Smtp.at(f"smtp://127.0.0.1:{man.port}", timeout=1).send(letter())


@pytest.mark.parametrize("url", ["mail.example.org", "http://mail.example.org", "smtp://", "smtp://h:port"])
def test_an_address_that_is_none_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(ConfigError, match="ONMEET_SMTP_URL"):
        Smtp.at(url)


def test_usual_ports_and_no_password_in_the_representation() -> None:
    server = Smtp.at("smtps://ann:secret@mail.example.org")
    assert (server.port, Smtp.at("smtp://mail.example.org").port) == (465, 587)
    assert "secret" not in repr(server)
    assert isinstance(server._tls(), ssl.SSLContext)
