"""A small SMTP server on a free port of this machine: takes mail, or refuses it as it is told."""

from __future__ import annotations

import asyncio
import base64
import email
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

__all__ = ["Postman", "certificate", "postman", "trusting"]


@dataclass
class Postman:
    """What it does, and what it has got.

    answers: the reply to a command in place of the usual one (`{"RCPT": "450 4.2.0 greylisted"}`).
    silent_at: the command at which it says nothing more. password: asked for when set.
    """

    port: int = 0
    starttls: bool = True
    answers: dict[str, str] = field(default_factory=dict)
    silent_at: str = ""
    password: str = ""
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    logins: list[tuple[str, str, bool]] = field(default_factory=list)
    """User, password, and whether the connection was encrypted."""
    encrypted: list[bool] = field(default_factory=list)
    """For each mail, whether it came over TLS."""


@contextmanager
def postman(tls: ssl.SSLContext | None = None, *, implicit: bool = False, **what: Any) -> Iterator[Postman]:
    """A postman in a thread of its own. `tls`: the server's certificate."""
    man = Postman(**what)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def serve() -> asyncio.Server:
        return await asyncio.start_server(
            lambda reader, writer: _talk(man, tls, implicit, reader, writer),
            "127.0.0.1",
            0,
            ssl=tls if implicit else None,
        )

    server = asyncio.run_coroutine_threadsafe(serve(), loop).result(10)
    man.port = server.sockets[0].getsockname()[1]
    try:
        yield man
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _end(server: asyncio.Server) -> None:
    server.close()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def _talk(
    man: Postman,
    tls: ssl.SSLContext | None,
    encrypted: bool,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    async def say(line: str) -> None:
        writer.write(f"{line}\r\n".encode())
        await writer.drain()

    async def usual(verb: str, rest: str) -> str:
        nonlocal encrypted
        match verb:
            case "EHLO":
                more = ["STARTTLS"] if tls and man.starttls and not encrypted else []
                more += ["AUTH PLAIN"] if man.password else []
                return "\r\n".join(f"250-{word}" for word in ("postman", *more)) + "\r\n250 8BITMIME"
            case "STARTTLS":
                await say("220 go ahead")
                await writer.start_tls(tls)  # type: ignore[arg-type]
                encrypted = True
                return ""
            case "AUTH":
                _, user, password = base64.b64decode(rest.partition(" ")[2]).decode().split("\0")
                man.logins.append((user, password, encrypted))
                return "235 welcome" if password == man.password else "535 5.7.8 no"
            case "RCPT":
                man.recipients.append(rest)
                return "250 ok"
            case "DATA":
                await say("354 go on")
                text = await reader.readuntil(b"\r\n.\r\n")
                read = email.message_from_bytes(text[:-3].replace(b"\r\n..", b"\r\n."), policy=policy.SMTP)
                assert isinstance(read, EmailMessage)
                man.mails.append(read)
                man.encrypted.append(encrypted)
                return "250 taken"
            case _:
                return "221 bye" if verb == "QUIT" else "250 ok"

    try:
        await say("220 postman")
        while line := (await reader.readline()).decode().strip():
            verb, _, rest = line.partition(" ")
            verb = verb.upper()
            if verb == man.silent_at:
                await asyncio.Event().wait()
            answer = man.answers.get(verb) or await usual(verb, rest)
            if answer:
                await say(answer)
            if verb == "QUIT":
                break
    except (ConnectionError, ssl.SSLError):
        pass
    finally:
        writer.close()


def certificate(folder: Path, name: str = "127.0.0.1") -> tuple[ssl.SSLContext, Path]:
    """A server's TLS for `name`, and the file that a client must trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "postman")])
    try:
        names: x509.GeneralName = x509.IPAddress(ip_address(name))
    except ValueError:
        names = x509.DNSName(name)
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "postman.pem", folder / "postman.key"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return context, public


def trusting(file: Path) -> ssl.SSLContext:
    """A client's TLS that trusts this certificate and nothing else."""
    return ssl.create_default_context(cafile=str(file))
