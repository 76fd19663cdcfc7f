"""The instruments themselves: what stands still or is silent must not count as moving or heard."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.browser.chromium import Chromium
from tests.browser.firefox import Firefox
from tests.browser.window import Window

PAGE = b"""<!doctype html><title>A call to oneself</title><link rel="icon" href="data:,">
<button data-testid="call">Call</button> <input aria-label="Words">
<div id="host"></div>
<script nonce="n">
const shadow = document.querySelector('#host').attachShadow({mode: 'open'});
const stop = document.createElement('button');
stop.dataset.testid = 'stop';
stop.textContent = 'Stop';
shadow.append(stop);
document.querySelector('[data-testid=call]').onclick = async () => {
  const stream = await navigator.mediaDevices.getUserMedia({audio: true, video: true});
  stop.onclick = () => stream.getTracks().forEach((track) => { track.enabled = false; track.stop(); });
  const here = new RTCPeerConnection(), there = new RTCPeerConnection();
  here.onicecandidate = (event) => there.addIceCandidate(event.candidate);
  there.onicecandidate = (event) => here.addIceCandidate(event.candidate);
  there.ontrack = (event) => {
    if (event.track.kind === 'audio') return;
    const video = document.createElement('video');
    video.autoplay = true;
    video.srcObject = event.streams[0];
    shadow.append(video);
  };
  stream.getTracks().forEach((track) => here.addTrack(track, stream));
  await here.setLocalDescription();
  await there.setRemoteDescription(here.localDescription);
  await there.setLocalDescription();
  await here.setRemoteDescription(there.localDescription);
};
</script>"""

POLICY = "default-src 'none'; script-src 'nonce-n'; img-src data:; require-trusted-types-for 'script'"


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(params=["chromium", "firefox"])
def window(request: pytest.FixtureRequest, address: str) -> Iterator[Window]:
    browser: Chromium | Firefox = request.getfixturevalue(request.param)
    window = browser.window()
    window.open(address)
    yield window
    window.close()


def test_a_strict_policy_does_not_hinder_the_instruments(window: Window) -> None:
    window.fill("input", "Grüße, 日本?")
    assert window.evaluate("() => document.querySelector('input').value") == "Grüße, 日本?"
    assert window.focused()["label"] == "Words"
    assert window.take_problems() == []


def test_a_click_follows_what_moves_away_and_hits_nothing_else(window: Window) -> None:
    window.evaluate(
        """() => {
            const call = document.querySelector('[data-testid=call]');
            window.pressed = [];
            call.onclick = () => pressed.push('call');
            call.addEventListener('pointerover', () => {
                const other = document.createElement('button');
                other.textContent = 'Another';
                for (const type of ['pointerdown', 'mouseup', 'click']) {
                    other.addEventListener(type, () => pressed.push(type));
                }
                call.before(other);
            }, { once: true });
        }"""
    )
    window.click('[data-testid="call"]')
    assert window.evaluate("() => window.pressed") == ["call"]
    window.click("input")
    assert window.focused()["label"] == "Words"


def test_errors_and_violations_are_noticed(window: Window) -> None:
    window.evaluate("() => { console.error('oh dear'); }")
    window.evaluate(
        "() => { const i = new Image(); i.src = 'http://127.0.0.1:9/x.png'; document.body.append(i); }"
    )
    window.until("() => probe.violations.length", what="the violation to be reported")
    problems = " ".join(window.take_problems())
    assert "oh dear" in problems
    assert "img-src" in problems
    assert window.take_problems() == []


def test_a_moving_picture_and_a_tone_are_told_from_stillness(window: Window) -> None:
    window.click('[data-testid="call"]')
    window.until("() => probe.pictures().some((p) => p.frames > 5)", what="a moving picture")
    window.until(
        "async () => { const [s] = await probe.sounds(); return s?.energy > 0 && s.aloud; }",
        what="a sound",
    )
    window.click('[data-testid="stop"]')
    window.until(
        """async () => {
            const look = async () => [probe.pictures()[0].frames, (await probe.sounds())[0].energy];
            const [frames, energy] = await look();
            await new Promise((done) => setTimeout(done, 700));
            const [framesLater, energyLater] = await look();
            return framesLater === frames && energyLater - energy < 1e-6;
        }""",
        what="stillness",
    )
