"""SMTP (RFC 5321): encrypted (RFC 8314, RFC 3207), certificate checked, every step with a deadline."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from onmeet.errors import ConfigError, ProviderError
from onmeet.mail.mailer import Undeliverable

__all__ = ["TIMEOUT_SECONDS", "Smtp"]

TIMEOUT_SECONDS = 20.0
"""How long each answer of the server may take."""

_PORTS = {"smtp": 587, "smtps": 465}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Smtp:
    """One mail server. `implicit`: TLS from the first byte (smtps); else STARTTLS, which it must offer.

    Only a server on this machine may do without TLS, and then it gets no password.
    """

    host: str
    port: int
    implicit: bool
    user: str = ""
    password: str = field(default="", repr=False)
    timeout: float = TIMEOUT_SECONDS
    context: ssl.SSLContext | None = None

    @classmethod
    def at(cls, url: str, *, timeout: float = TIMEOUT_SECONDS, context: ssl.SSLContext | None = None) -> Smtp:
        """The server at `smtp(s)://user:password@host:port`. Raises `ConfigError`."""
        try:
            parts = urlsplit(url)
            usual = _PORTS[parts.scheme]
            host, port = parts.hostname, parts.port or usual
        except (KeyError, ValueError):
            host, port = None, 0
        if not host:
            raise ConfigError(
                "ONMEET_SMTP_URL must look like smtp://user:password@mail.example.org:587, or smtps://…:465"
            )
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(host, port, parts.scheme == "smtps", user, password, timeout, context)

    def send(self, message: EmailMessage) -> None:
        """Deliver a message in a connection of its own."""
        try:
            with self._connect() as connection:
                self._secure(connection)
                if self.user:
                    connection.login(self.user, self.password)
                connection.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            raise _refused(next(iter(error.recipients.values()))[0]) from None
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            raise _refused(error.smtp_code) from None
        except smtplib.SMTPNotSupportedError:
            raise Undeliverable("the mail server cannot take an address like this") from None
        except (smtplib.SMTPException, OSError) as error:
            # the text of an answer may quote the address
            raise ProviderError(f"the mail server does not do its part ({type(error).__name__})") from None

    def _connect(self) -> smtplib.SMTP:
        if self.implicit:
            return _Quiet(self.host, self.port, timeout=self.timeout, context=self._tls())
        return _Plain(self.host, self.port, timeout=self.timeout)

    def _secure(self, connection: smtplib.SMTP) -> None:
        if self.implicit:
            return
        connection.ehlo_or_helo_if_needed()
        if connection.has_extn("starttls"):
            connection.starttls(context=self._tls())
        elif self.user or self.host not in _LOOPBACK:
            raise ProviderError("the mail server does not offer STARTTLS, and nothing is sent in clear")

    def _tls(self) -> ssl.SSLContext:
        return self.context or ssl.create_default_context()


class _Polite:
    """Says goodbye without insisting on an answer: the mail is delivered by then."""

    def __exit__(self, *_: object) -> None:
        with suppress(smtplib.SMTPException, OSError):
            self.quit()  # type: ignore[attr-defined]
        self.close()  # type: ignore[attr-defined]


class _Plain(_Polite, smtplib.SMTP):
    pass


class _Quiet(_Polite, smtplib.SMTP_SSL):
    pass


def _refused(code: int) -> ProviderError:
    """4xx asks to come back later (RFC 5321 §4.2.1), greylisting for instance; 5xx is for good."""
    if 400 <= code < 500:
        return ProviderError(f"the mail server asks to try again later ({code})")
    return Undeliverable(f"the mail server refuses the mail ({code})")
