"""The server cannot decrypt: its capture is noise, and no key ever lies in its memory."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from onmeet.e2ee.sframe import FrameError
from tests.browser import eavesdropper
from tests.browser.chromium import Chromium
from tests.browser.people import Person, enter, start_meeting
from tests.running import OnMeetServer

TONE = 997.0

KNOWN_TONE = """() => {
    const devices = navigator.mediaDevices;
    const real = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (wanted) => {
        const stream = await real(wanted);
        if (!wanted.audio) return stream;
        const context = new AudioContext();
        const tone = new OscillatorNode(context, { frequency: 997 });
        const quiet = new GainNode(context, { gain: 0.3 });
        const out = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
        tone.connect(quiet).connect(out);
        tone.start();
        return new MediaStream([...out.stream.getAudioTracks(), ...stream.getVideoTracks()]);
    };
}"""
"""The microphone gives a pure tone that no voice processing touches."""

KEEP_KEYS = """() => {
    window.keptBases = [];
    const real = Worker.prototype.postMessage;
    const walk = (value, name) => {
        if (value instanceof ArrayBuffer) value = new Uint8Array(value);
        if (ArrayBuffer.isView(value)) {
            if (value.byteLength === 32) {
                const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
                window.keptBases.push({ name, bytes: [...bytes] });
            }
        } else if (value && typeof value === 'object') {
            for (const [key, each] of Object.entries(value)) walk(each, key);
        }
    };
    Worker.prototype.postMessage = function (message, ...rest) {
        walk(message, '');
        return real.call(this, message, ...rest);
    };
}"""
"""A member's own browser gives away the keys, as only a member's browser can."""


class Evidence:
    """A meeting of two, what the relay captured of it, and the keys that only the members had."""

    def __init__(self, server: OnMeetServer, file: Path, anna: Person) -> None:
        self.server = server
        self.link = anna.link
        speaker = anna.index()

        def captured() -> bool:
            rtp = eavesdropper.captured(file)
            self.audio = [frame for frame in eavesdropper.audio_frames(rtp) if frame.sender == speaker]
            self.video = eavesdropper.video_frames(rtp)
            return len(self.audio) > 200 and len(self.video) > 40

        anna.window.wait(captured, "four seconds of sound, and pictures, in the capture", within=60)
        kept = anna.window.evaluate("() => window.keptBases")  # after the frames, so that no key is missing
        self.audio_bases = [bytes(each["bytes"]) for each in kept if each["name"] == "audio"]
        self.video_bases = [bytes(each["bytes"]) for each in kept if each["name"] == "video"]
        self.bases = [bytes(each["bytes"]) for each in kept]


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evidence]:
    """Anna and Ben have talked; both still sit in the meeting."""
    file = tmp_path_factory.mktemp("capture") / "rtp"
    server = OnMeetServer(module="tests.browser.capturing_server", CAPTURE_FILE=str(file))
    flags = ("--autoplay-policy=no-user-gesture-required",)
    preload = f"() => {{ ({KNOWN_TONE})(); ({KEEP_KEYS})(); }}"
    with server, Chromium(*flags, fake_device="fps=12") as chromium:
        anna = start_meeting(chromium.window(preload=preload), server.base_url, "Anna")
        ben = enter(chromium.window(preload=preload), anna.link, "Ben")
        for person in (anna, ben):
            person.sees(1)
            person.hears(1)
        yield Evidence(server, file, anna)


def test_the_members_can_open_what_the_relay_holds(evidence: Evidence) -> None:
    """The control: capture, keys and detectors work, so that silence elsewhere means something."""
    assert len(evidence.audio) > 100
    sound = [frame.opened(evidence.audio_bases) for frame in evidence.audio]
    assert eavesdropper.tone_share(sound, TONE) > 0.9
    assert len(evidence.video) > 20
    pictures = [frame.opened(evidence.video_bases) for frame in evidence.video]
    assert all(picture[0] & 1 or picture[3:6] == b"\x9d\x01\x2a" for picture in pictures)


@pytest.mark.promise("N1.1")
def test_without_the_key_there_is_no_tone(evidence: Evidence) -> None:
    """In what the relay passes on, a known tone cannot be heard."""
    bare = [frame.sealed[frame.header.size :] for frame in evidence.audio]
    whole = [frame.sealed for frame in evidence.audio]
    assert eavesdropper.tone_share(bare, TONE) < 0.05
    assert eavesdropper.tone_share(whole, TONE) < 0.05


@pytest.mark.promise("N1.1")
def test_a_wrong_key_opens_not_one_frame(evidence: Evidence) -> None:
    """Not one frame that the relay passes on opens without the meeting's key."""
    for frame in [*evidence.audio, *evidence.video]:
        with pytest.raises(FrameError):
            frame.opened([bytes(32)])
    for frame in evidence.video:
        with pytest.raises(FrameError):
            frame.opened(evidence.audio_bases)


@pytest.mark.promise("N1.1")
def test_no_key_and_no_secret_of_the_link_lies_in_the_servers_memory(evidence: Evidence) -> None:
    """The server's memory holds no key of a meeting and no secret of its link."""
    address, _, fragment = evidence.link.partition("#")
    code = address.rpartition("/")[2].encode()
    _, secret, fingerprint = fragment.split(".")
    raw = base64.urlsafe_b64decode(secret + "=")
    secrets = {raw, secret.encode(), fingerprint.encode(), *evidence.bases}
    assert len(raw) == 32
    assert len(evidence.bases) >= 4
    code_seen = False
    for pid in evidence.server.pids():
        for piece in eavesdropper.memory_of(pid):
            code_seen = code_seen or code in piece
            assert not any(each in piece for each in secrets), f"a secret in the memory of {pid}"
    assert code_seen, "the control: what the server does know is found in its memory"
