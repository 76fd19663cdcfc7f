"""Linphone's command-line telephone, which plays a tone from a file and records what it hears.

with Linphone(tmp_path, hertz=440) as phone:
    phone.dial(f"sip:onmeet@127.0.0.1:{port}")
    until(phone.established, "the call")
    phone.press("1")
    …
    phone.hang_up()
samples, rate = phone.heard()
"""

from __future__ import annotations

import os
import shutil
import subprocess
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Literal

import numpy as np
import pytest

from tests.factories.sounds import Samples, read_wav, tone, write_wav
from tests.ports import free_port
from tests.running import end_with_parent
from tests.waiting import until

__all__ = ["Linphone"]

_numbers = count(1)

# Its TLS library knows no IP addresses in certificates: the CA must do, without the name.
CONFIG = """\
[sip]
sip_port={udp}
sip_tcp_port={tcp}
sip_tls_port={tls}
bind_address=127.0.0.1
contact=sip:{user}@127.0.0.1
use_ipv6=0
register_only_when_network_is_up=0
media_encryption={encryption}
root_ca={authority}
verify_server_certs=1
verify_server_cn=0
use_info={info}
use_rfc2833={events}
auto_answer=1

[net]
mtu=1300

[rtp]
audio_rtp_port=-1
bind_address=127.0.0.1

[sound]
echocancellation=0

[misc]
store_friends=0

"""

_CODECS = (("opus", 48_000, 2), ("speex", 16_000, 1), ("speex", 8000, 1), ("GSM", 8000, 1),
           ("PCMU", 8000, 1), ("PCMA", 8000, 1), ("G722", 8000, 1))  # fmt: skip
"""Those that it would offer by itself: MIME name, clock rate, channels."""

CODEC = """\
[audio_codec_{place}]
mime={name}
rate={rate}
channels={channels}
enabled={enabled}

"""

PROXY = """\
[proxy_0]
reg_proxy=<sip:{proxy};transport={transport}>
reg_route=<sip:{proxy};transport={transport};lr>
reg_identity=sip:{user}@{host}
reg_expires=60
reg_sendregister=1
publish=0

[auth_info_0]
username={user}
passwd={password}
domain={host}
"""


class Linphone:
    """One telephone, started at once, that answers calls by itself.

    user, password, proxy (host:port): where it registers, over `transport`. authority: the CA file that it
    believes. srtp: SDES. digits: how it sends keys.
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
        if shutil.which("linphonec") is None:
            pytest.skip("linphonec is not installed: sudo apt-get install linphone-cli")
        self.folder = folder / f"linphone-{next(_numbers)}"
        # It makes no folders by itself and is mute without them.
        for name in (".local/share/linphone", ".config/linphone"):
            (self.folder / name).mkdir(parents=True)
        self.port = free_port()
        self._said = write_wav(self.folder / "said.wav", tone(hertz, seconds, 8000), 8000)
        self._rate = 16_000 if codec == "G722" else 8000
        config = CONFIG.format(
            udp=self.port if transport == "udp" else 0,
            tcp=self.port if transport == "tcp" else 0,
            tls=self.port if transport == "tls" else 0,
            user=user,
            encryption="srtp" if srtp else "none",
            authority=authority or "",
            info=int(digits == "info"),
            events=int(digits == "rtpevent"),
        )
        for place, (name, rate, channels) in enumerate(_CODECS):
            config += CODEC.format(
                place=place, name=name, rate=rate, channels=channels, enabled=int(name == codec)
            )
        if proxy:
            host = proxy.partition(":")[0]
            config += PROXY.format(proxy=proxy, host=host, transport=transport, user=user, password=password)
        (self.folder / "rc").write_text(config)
        with (self.folder / "out").open("wb") as out:
            self._process = subprocess.Popen(
                ["linphonec", "-a", "-c", "rc", "-d", "4", "-l", str(self.folder / "log")],
                cwd=self.folder,
                env={"HOME": str(self.folder), "PATH": os.environ["PATH"], "TERM": "dumb", "LANG": "C.UTF-8"},
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                preexec_fn=end_with_parent,
            )
        self._say("soundcard use files")
        self._say(f"record {self.folder / 'heard.wav'}")
        try:
            until(
                lambda: "Using wav files" in self.log(), "linphonec to take commands", within=30, every=0.02
            )
        except AssertionError as error:
            self.end()
            raise AssertionError(f"{error}\n{self.log()}") from None

    # what it is told

    def dial(self, uri: str) -> None:
        """Call somebody."""
        self._say(f"call {uri}")

    def speak(self) -> None:
        """Begin with the tone; only during a call."""
        self._say(f"play {self._said}")

    def press(self, digits: str) -> None:
        """Press keys, one after the other."""
        for digit in digits:
            self._say(digit)

    def hold(self) -> None:
        """Put the call on hold."""
        self._say("pause")

    def resume(self) -> None:
        """Take it back."""
        self._say("resume")

    def hang_up(self) -> None:
        """End the call."""
        self._say("terminate")

    # what it says

    def established(self) -> bool:
        """Whether sound flows."""
        return "Media streams established" in self.log()

    def closed(self) -> bool:
        """Whether its call has ended."""
        return " ended (" in self.log()

    def registered(self) -> bool:
        """Whether its proxy knows it."""
        return "to [LinphoneRegistrationOk]" in self._trace()

    def holding(self) -> bool:
        """Whether the call is on hold, so that it can be taken back."""
        return "is now paused" in self.log()

    def heard(self) -> tuple[Samples, int]:
        """What it recorded so far, and the rate."""
        file = self.folder / "heard.wav"
        return read_wav(file, self._rate) if file.exists() else (np.zeros(0, np.int16), 8000)

    def log(self) -> str:
        """What it printed."""
        return (self.folder / "out").read_text(errors="replace")

    def _trace(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def end(self) -> None:
        """Close it."""
        try:
            self._say("quit")
            self._process.wait(3)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait(5)
        if self._process.stdin is not None:
            self._process.stdin.close()

    def __enter__(self) -> Linphone:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()
