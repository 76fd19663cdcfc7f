"""What each stage from a browser to a telephone leaves of a tone, alone: part of `bench phone`.

Chromium encodes the tone as it does in a meeting, and its packets are taken out before they are sent; from
there on all is arithmetic, which a busy machine does not disturb. So what a call through everything leaves
can be told apart: Opus, our filters, the telephone's codec.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onmeet.relay.interface import VOICE_BITS
from sip.interface import FRAME, RATE, CodecName
from sip.media import codecs
from sip.room.opus import Decoder
from tests.browser.chromium import Chromium
from tests.browser.window import Window
from tests.running import ROOT
from tests.sip.media.lines import LEVEL, signal_to_noise, tone

Sound = NDArray[np.int16]

SECONDS = 6.0
SETTLED = 3.0
"""Seconds that are left out at the beginning."""

PLAIN = "minptime=10;useinbandfec=1"
MEETING = f"{PLAIN};maxaveragebitrate={VOICE_BITS}"
LOUD = 9830
"""Amplitude of a tone of -7.3 dBm0."""

_OPUS = """async (hertz, level, format, seconds) => {
  const context = new AudioContext();
  const out = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
  const tone = new OscillatorNode(context, { frequency: hertz });
  tone.connect(new GainNode(context, { gain: level })).connect(out);
  tone.start();
  const here = new RTCPeerConnection({ encodedInsertableStreams: true }), there = new RTCPeerConnection();
  here.onicecandidate = ({ candidate }) => candidate && there.addIceCandidate(candidate);
  there.onicecandidate = ({ candidate }) => candidate && here.addIceCandidate(candidate);
  const { sender } = here.addTransceiver(out.stream.getAudioTracks()[0], { direction: 'sendonly' });
  const { readable, writable } = sender.createEncodedStreams();
  const packets = [];
  const keep = (frame, on) => { packets.push([...new Uint8Array(frame.data)]); on.enqueue(frame); };
  readable.pipeThrough(new TransformStream({ transform: keep })).pipeTo(writable);
  await here.setLocalDescription();
  await there.setRemoteDescription(here.localDescription);
  await there.setLocalDescription();
  const sdp = there.localDescription.sdp.replace(/a=fmtp:111 .*/, `a=fmtp:111 ${format}`);
  await here.setRemoteDescription({ type: 'answer', sdp });
  await new Promise((done) => setTimeout(done, seconds * 1000));
  here.close(); there.close(); await context.close();
  return packets;
}"""


@dataclass(frozen=True)
class Stage:
    """dB of the tone over all else, median of half seconds: after Opus, and after a telephone's codec on top.

    alone: the same for the two telephone codecs without Opus. kbits: of Opus a second.
    """

    hertz: float
    dbm0: float
    kbits: float
    opus: float
    pcma: float
    g722: float
    pcma_alone: float
    g722_alone: float


def stages() -> list[Stage]:
    """As meetings are, at three pitches and two levels; then with as many bits as Chromium takes alone."""
    with _pages() as address, Chromium("--autoplay-policy=no-user-gesture-required") as chromium:
        page = chromium.window()
        page.open(f"{address}/tests/browser/blank.html")
        page.page.set_default_timeout(60_000)
        tones = ((997.0, LEVEL), (1000.0, LEVEL), (1020.0, LEVEL), (997.0, LOUD))
        rows = [(*one, form) for form in (MEETING, PLAIN) for one in tones]
        return [_stage(page, *row) for row in rows]


def _stage(page: Window, hertz: float, level: int, form: str) -> Stage:
    packets = [bytes(each) for each in page.evaluate(_OPUS, hertz, level / 32767, form, SECONDS + SETTLED)]
    decoder = Decoder()
    heard = np.concatenate([decoder.decode(each) for each in packets])
    heard = heard[: len(heard) // FRAME * FRAME]
    pure = tone(SECONDS + SETTLED, hertz, level)
    octets = sum(map(len, packets[150:]))
    return Stage(
        hertz=hertz,
        dbm0=20 * float(np.log10(level / LEVEL)) - 10,
        kbits=octets * 8 / 20 / len(packets[150:]),
        opus=_clarity(heard, RATE, hertz),
        pcma=_through("PCMA", heard, hertz),
        g722=_through("G722", heard, hertz),
        pcma_alone=_through("PCMA", pure, hertz),
        g722_alone=_through("G722", pure, hertz),
    )


def _through(name: CodecName, sound: Sound, hertz: float) -> float:
    """As it is on the line, before the telephone does anything."""
    there, back = codecs.make(name), codecs.make(name)
    heard = np.concatenate([back.decode(there.encode(one)) for one in np.split(sound, len(sound) // FRAME)])
    return _clarity(heard, back.rate, hertz)


def _clarity(sound: Sound, rate: int, hertz: float) -> float:
    half = rate // 2
    starts = range(round(SETTLED * rate), len(sound) - half + 1, half)
    return float(np.median([signal_to_noise(sound[at : at + half], rate, hertz) for at in starts]))


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None: ...


@contextmanager
def _pages() -> Iterator[str]:
    """The project's files over HTTP: an empty page needs an address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(ROOT)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
