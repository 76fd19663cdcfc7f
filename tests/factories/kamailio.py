"""Kamailio as registrar and record-routing proxy: UDP, TCP and TLS on free ports of 127.0.0.1, no database.

    with kamailio(tmp_path, users={"onmeet": "s3cret"}, challenge=407, algorithm="SHA-256") as proxy:
        proxy.uri("onmeet")         # sip:onmeet@127.0.0.1:40123

Who registers is challenged with 401 or 407, and so is whoever sends an INVITE as one of the users. Calls to
a registered user go to where it registered from; calls to a number (+…) go to `outside`, when set.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.factories.certificates import Authority
from tests.ports import free_port
from tests.running import end_with_parent
from tests.waiting import until

__all__ = ["Kamailio", "kamailio", "need_kamailio"]

TEMPLATE = Path(__file__).with_name("kamailio.cfg")


def need_kamailio() -> None:
    """Skip, with the reason, where it is not installed."""
    if shutil.which("kamailio") is None:
        pytest.skip("Kamailio is not installed: sudo apt-get install kamailio kamailio-tls-modules")


class Kamailio:
    """A running one. authority: the CA file of its TLS certificate, whose name is 127.0.0.1."""

    def __init__(
        self,
        folder: Path,
        users: Mapping[str, str],
        *,
        challenge: int = 401,
        algorithm: str = "MD5",
        outside: tuple[str, int] | None = None,
        realm: str = "127.0.0.1",
    ) -> None:
        self.folder = folder / "kamailio"
        self.folder.mkdir()
        self.port = free_port()
        self.tls_port = free_port()
        self.users = dict(users)
        authority = Authority(self.folder)
        self.authority = authority.file
        self._files = authority.issue("127.0.0.1", "localhost")
        self._log = self.folder / "log"
        self._settings = {
            "CHALLENGE": str(challenge),
            "ALGORITHM": algorithm,
            "REALM": realm,
            "OUTSIDE": f"sip:{outside[0]}:{outside[1]}" if outside else "",
        }
        self._process: subprocess.Popen[bytes] | None = None

    def uri(self, user: str) -> str:
        """Address of a user, over UDP."""
        return f"sip:{user}@127.0.0.1:{self.port}"

    def log(self) -> str:
        """What it said."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def start(self) -> None:
        """Start it and wait until it answers."""
        (self.folder / "tls.cfg").write_text(
            "[server:default]\nmethod = TLSv1.2+\nverify_certificate = no\nrequire_certificate = no\n"
            f"private_key = {self._files.key}\ncertificate = {self._files.certificate}\n"
            "[client:default]\nmethod = TLSv1.2+\nverify_certificate = no\nrequire_certificate = no\n"
        )
        config = self.folder / "kamailio.cfg"
        config.write_text(self._filled(TEMPLATE.read_text()))
        command = ["kamailio", "-f", str(config), "-DD", "-E", "-m", "32", "-M", "4",
                   "-Y", str(self.folder), "-w", str(self.folder), "-P", "pid"]  # fmt: skip
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                preexec_fn=end_with_parent,
                start_new_session=True,
            )
        try:
            until(self._answers, "Kamailio to answer", within=30)
        except AssertionError as error:
            self.end()
            raise AssertionError(f"{error}\n{self.log()}") from None

    def end(self) -> None:
        """Stop it and its children, which it does not always end when it is told to while it starts them."""
        if self._process is None:
            return
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)
        self._process = None

    def _filled(self, text: str) -> str:
        passwords = "\n".join(
            f'    if ($au == "{user}") {{ $var(password) = "{password}"; }}'
            for user, password in self.users.items()
        )
        known = " || ".join(f'$fU == "{user}"' for user in self.users) or "0"
        for name, value in {
            **self._settings,
            "PORT": str(self.port),
            "TLS_PORT": str(self.tls_port),
            "FOLDER": str(self.folder),
            "PASSWORDS": passwords,
            "IS_USER": known,
        }.items():
            text = text.replace(f"@{name}@", value)
        return text

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"Kamailio has ended\n{self.log()}"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.settimeout(0.3)
            probe.bind(("127.0.0.1", 0))
            own = probe.getsockname()[1]
            probe.sendto(
                (
                    f"OPTIONS sip:127.0.0.1:{self.port} SIP/2.0\r\n"
                    f"Via: SIP/2.0/UDP 127.0.0.1:{own};branch=z9hG4bKprobe;rport\r\n"
                    "From: <sip:probe@127.0.0.1>;tag=probe\r\nTo: <sip:probe@127.0.0.1>\r\n"
                    "Call-ID: probe\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 5\r\nContent-Length: 0\r\n\r\n"
                ).encode(),
                ("127.0.0.1", self.port),
            )
            try:
                return probe.recv(2000).startswith(b"SIP/2.0 200")
            except OSError:
                return False


@contextmanager
def kamailio(
    folder: Path,
    users: Mapping[str, str],
    *,
    challenge: int = 401,
    algorithm: str = "MD5",
    outside: tuple[str, int] | None = None,
) -> Iterator[Kamailio]:
    """One for the length of the block."""
    need_kamailio()
    server = Kamailio(folder, users, challenge=challenge, algorithm=algorithm, outside=outside)
    server.start()
    try:
        yield server
    finally:
        server.end()
