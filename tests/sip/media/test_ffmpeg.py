"""FFmpeg as the far side: an implementation of RTP, SRTP and the codecs that shares no line with ours."""

from __future__ import annotations

import asyncio
import base64
import threading
from pathlib import Path

import av
import numpy as np
import pytest

from sip.interface import Agreement, CodecName, SrtpKeys
from sip.media.leg import Leg
from tests.ports import free_ports
from tests.sip.media.lines import signal_to_noise, tone
from tests.sip.media.test_leg import Time, pair, settle

KINDS: list[tuple[CodecName, int, str, int, float, float]] = [
    ("PCMA", 8, "pcm_alaw", 8000, 1020.0, 36.0),
    ("PCMU", 0, "pcm_mulaw", 8000, 1020.0, 36.0),
    ("G722", 9, "g722", 16000, 440.0, 50.0),
]
SRTP = SrtpKeys(bytes(range(30)), bytes(range(30, 60)))


@pytest.mark.parametrize(("codec", "kind", "name", "rate", "hertz", "least"), KINDS)
async def test_sound_of_ffmpeg_is_heard(codec, kind, name, rate, hertz, least) -> None:
    rtp, rtcp = pair()
    time = Time()
    port = rtp.getsockname()[1]
    leg = Leg(
        rtp, rtcp, Agreement(("127.0.0.1", 9), None, codec, kind), on_digit=lambda _digit: None, clock=time
    )
    sound = np.ascontiguousarray(tone(4.0, hertz)[:: 16000 // rate])
    frame, heard = rate // 50, []
    with av.open(f"rtp://127.0.0.1:{port}", "w", format="rtp") as out:
        stream = out.add_stream(name, rate=rate)
        stream.layout = "mono"
        for at in range(0, len(sound), frame):
            piece = av.AudioFrame.from_ndarray(sound[np.newaxis, at : at + frame], "s16", "mono")
            piece.sample_rate, piece.pts = rate, at
            for packet in stream.encode(piece):
                out.mux(packet)
            await settle()
            time.now += 0.02
            heard.append(leg.read(time.now))
    assert leg.stats.received >= 195
    assert leg.stats.lost == leg.stats.refused == 0
    assert leg.state().latched[0] == "127.0.0.1"
    assert signal_to_noise(np.concatenate(heard)[40000:60000], 16000, hertz) >= least
    leg.close()


class Listener(threading.Thread):
    """FFmpeg receives as an SDP file tells it to, and decodes."""

    def __init__(self, sdp: Path, wanted: int) -> None:
        super().__init__(daemon=True)
        self.sdp, self.wanted = sdp, wanted
        self.heard = np.zeros(0, np.int16)

    def run(self) -> None:
        facts = {"protocol_whitelist": "file,udp,rtp,srtp", "analyzeduration": "200000", "probesize": "4000"}
        with av.open(str(self.sdp), format="sdp", options=facts, timeout=20) as source:
            for frame in source.decode(audio=0):
                self.heard = np.concatenate([self.heard, frame.to_ndarray().reshape(-1)])
                if len(self.heard) >= self.wanted:
                    return


@pytest.mark.parametrize("secured", [False, True])
@pytest.mark.parametrize(("codec", "kind", "name", "rate", "hertz", "least"), KINDS)
async def test_ffmpeg_hears_our_sound(
    codec, kind, name, rate, hertz, least, secured: bool, tmp_path: Path
) -> None:
    key = base64.b64encode(SRTP.send).decode()
    sdp = tmp_path / "call.sdp"
    port = free_ports()
    sdp.write_text(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        f"m=audio {port} RTP/{'SAVP' if secured else 'AVP'} {kind}\r\na=rtpmap:{kind} {codec}/8000\r\n"
        + (f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{key}\r\n" if secured else "")
    )
    listener = Listener(sdp, 2 * rate)
    listener.start()
    rtp, rtcp = pair()
    agreed = Agreement(
        ("127.0.0.1", port), ("127.0.0.1", port + 1), codec, kind, srtp=SRTP if secured else None
    )
    time = Time()
    leg = Leg(rtp, rtcp, agreed, on_digit=lambda _digit: None, clock=time)
    sound = tone(1.0, hertz)  # a whole number of periods: it can be repeated
    for number in range(10_000):  # FFmpeg may begin late
        leg.write(sound[number % 50 * 320 :][:320])
        time.now += 0.02
        leg.read(time.now)
        await asyncio.sleep(0.004)  # no quicker than FFmpeg takes it in
        if not listener.is_alive():
            break
    leg.close()
    assert not listener.is_alive(), f"FFmpeg heard {len(listener.heard)} of {listener.wanted} samples"
    assert signal_to_noise(listener.heard[-rate:], rate, hertz) >= least
