"""baresip, a real softphone: it plays a tone from a file and records what it hears.

with Baresip(tmp_path, codec="PCMA", hertz=440) as phone:
    phone.dial(f"sip:onmeet@127.0.0.1:{port}")
    until(phone.established, "the call")
    phone.press("123#")
    …
    phone.hang_up()
samples, rate = phone.heard()
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import numpy as np
import pytest

from tests.factories.sounds import Samples, read_wav, tone, write_wav
from tests.ports import free_port, free_ports
from tests.running import end_with_parent
from tests.waiting import until

__all__ = ["Baresip"]

_MODULES = next(iter(Path("/usr/lib").glob("**/baresip/modules")), Path("/usr/lib/baresip/modules"))
_RATES = {"PCMA": 8000, "PCMU": 8000, "G722": 16_000}
_NAMES = {"PCMA": "PCMA/8000/1", "PCMU": "PCMU/8000/1", "G722": "G722/16000/1"}

_RTP_PORTS = 8  # by itself it takes any of 10,000, which are others'

_numbers = count(1)

CONFIG = """\
poll_method epoll
sip_listen 127.0.0.1:{port}
{tls}call_max_calls 4
snd_path {folder}
audio_source aufile,{said}
audio_alert aufile,{alert}
audio_channels 1
audio_srate {rate}
ausrc_srate {rate}
auplay_srate {rate}
rtp_tos 184
rtp_ports {rtp}-{last}
rtcp_mux no
jitter_buffer_delay 2-10
net_interface 127.0.0.1
module_path {modules}
module_tmp uuid.so
{codec_module}module aufile.so
module sndfile.so
module srtp.so
module_app account.so
module_app contact.so
module_app menu.so
module ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
"""


class Baresip:
    """One softphone with one account; it starts at once and answers calls by itself.

    user, password, proxy: where it registers; without a proxy it only calls. transport: of its calls;
    authority: the CA file it believes with TLS. srtp: SDES. hertz: of the tone that it plays without end.
    digits: how it sends keys: "rtpevent" or "info".
    """

    def __init__(
        self,
        folder: Path,
        *,
        codec: Literal["PCMA", "PCMU", "G722"] = "PCMA",
        hertz: float = 440,
        seconds: float = 60,
        user: str = "phone",
        password: str = "",
        proxy: str = "",
        transport: Literal["udp", "tcp", "tls"] = "udp",
        authority: Path | None = None,
        srtp: bool = False,
        digits: Literal["rtpevent", "info"] = "rtpevent",
    ) -> None:
        if shutil.which("baresip") is None:
            pytest.skip("baresip is not installed: sudo apt-get install baresip-core")
        self.folder = folder / f"baresip-{next(_numbers)}"
        self.folder.mkdir(parents=True)
        self.port = free_ports()  # the second one is for TLS
        self.events: list[dict[str, Any]] = []
        self._control = free_port()
        rtp = free_ports(_RTP_PORTS)
        self._transport = transport
        rate = _RATES[codec]
        said = write_wav(self.folder / "said.wav", tone(hertz, seconds, rate), rate)
        alert = write_wav(self.folder / "alert.wav", tone(hertz, 0.1, rate), rate)
        config = CONFIG.format(
            port=self.port,
            rtp=rtp,
            last=rtp + _RTP_PORTS - 1,
            tls=f"sip_cafile {authority}\n" if authority else "",
            folder=self.folder,
            said=said,
            alert=alert,
            rate=rate,
            modules=_MODULES,
            codec_module="module g722.so\n" if codec == "G722" else "module g711.so\n",
            control=self._control,
        )
        (self.folder / "config").write_text(config)
        where = proxy.removeprefix("sip:") or f"127.0.0.1:{self.port}"
        account = f"<sip:{user}@{where};transport={transport}>;answermode=auto;audio_codecs={_NAMES[codec]}"
        account += f";dtmfmode={digits};ptime=20;regint={60 if proxy else 0}"
        account += f";auth_pass={password}" if password else ""
        account += ";mediaenc=srtp-mand" if srtp else ""
        (self.folder / "accounts").write_text(account + "\n")
        (self.folder / "contacts").write_text("")
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                ["stdbuf", "-oL", "baresip", "-4", "-s", "-f", str(self.folder)],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=end_with_parent,
            )
        self._buffer = b""
        self._socket: socket.socket | None = None
        try:
            until(self._connect, "baresip to take commands", within=30, every=0.02)
        except AssertionError as error:
            self.end()
            raise AssertionError(f"{error}\n{self.log()}") from None

    # what it is told

    def dial(self, uri: str) -> None:
        """Call somebody."""
        self._command("dial", uri)

    def hang_up(self) -> None:
        """End the call."""
        self._command("hangup")

    def press(self, digits: str) -> None:
        """Press keys, one after the other."""
        for digit in digits:
            self._command("sndcode", digit)

    def hold(self) -> None:
        """Put the call on hold."""
        self._command("hold")

    def resume(self) -> None:
        """Take it back."""
        self._command("resume")

    # what it says

    def saw(self, kind: str) -> bool:
        """Whether an event of that type came: CALL_ESTABLISHED, CALL_CLOSED, REGISTER_OK, …"""
        self._read()
        return any(event.get("type") == kind for event in self.events)

    def established(self) -> bool:
        """Whether a call of it was answered."""
        return self.saw("CALL_ESTABLISHED")

    def closed(self) -> bool:
        """Whether its call has ended."""
        return self.saw("CALL_CLOSED")

    def registered(self) -> bool:
        """Whether its proxy knows it."""
        return "binding]" in self.log()  # the event may come before anybody hears events

    def holding(self) -> bool:
        """Whether the call is on hold, so that it can be taken back: it needs no waiting."""
        return self.established()

    def heard(self) -> tuple[Samples, int]:
        """What it recorded in its latest call, so far, and the rate; nothing before there was a call."""
        files = sorted(self.folder.glob("dump-*-dec.wav"), key=lambda file: file.stat().st_mtime_ns)
        return read_wav(files[-1]) if files else (np.zeros(0, np.int16), 8000)

    def log(self) -> str:
        """What it printed, SIP messages among it."""
        return (self.folder / "log").read_text(errors="replace")

    def end(self) -> None:
        """Close it."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._process.terminate()
        try:
            self._process.wait(0.5)  # in a call it takes its time
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)

    def __enter__(self) -> Baresip:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def _connect(self) -> bool:
        assert self._process.poll() is None, "baresip has ended"
        try:
            self._socket = socket.create_connection(("127.0.0.1", self._control), 2)
        except OSError:
            return False
        self._socket.setblocking(False)
        return True

    def _command(self, name: str, params: str = "") -> None:
        assert self._socket is not None
        body = json.dumps({"command": name, "params": params, "token": "t"}).encode()
        self._socket.sendall(b"%d:%s," % (len(body), body))  # a netstring

    def _read(self) -> None:
        assert self._socket is not None
        try:
            while data := self._socket.recv(65_536):
                self._buffer += data
        except BlockingIOError:
            pass
        while b":" in self._buffer:
            length, _, rest = self._buffer.partition(b":")
            if len(rest) <= int(length):
                return
            self.events.append(json.loads(rest[: int(length)]))
            self._buffer = rest[int(length) + 1 :]
