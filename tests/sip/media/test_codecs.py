"""G.711 against FFmpeg's decoder and the recommendation's own values; tones through every codec."""

from __future__ import annotations

import av
import numpy as np
import pytest

from sip.media import codecs
from sip.media.g711 import ALAW, ULAW, Law
from sip.media.resample import Downsampler, Upsampler
from tests.sip.media.lines import roughness, signal_to_noise, tone

OCTETS = bytes(range(256))


def through(name: codecs.CodecName, sound: np.ndarray) -> np.ndarray:
    """`sound` of 16 kHz, coded and decoded frame by frame, at 16 kHz."""
    codec, up = codecs.make(name), Upsampler()
    out = []
    for at in range(0, len(sound), 320):
        decoded = codec.decode(codec.encode(sound[at : at + 320]))
        out.append(decoded if codec.rate == 16000 else up.feed(decoded))
    return np.concatenate(out)


@pytest.mark.parametrize(("law", "name"), [(ALAW, "pcm_alaw"), (ULAW, "pcm_mulaw")])
def test_decoder_agrees_with_ffmpeg_on_every_octet(law: Law, name: str) -> None:
    context = av.CodecContext.create(name, "r")
    context.sample_rate, context.layout, context.format = 8000, "mono", "s16"
    frame = context.decode(av.Packet(OCTETS))[0].to_ndarray()[0]
    assert np.array_equal(law.decode(OCTETS), frame)


@pytest.mark.parametrize("law", [ALAW, ULAW])
def test_every_level_codes_to_itself(law: Law) -> None:
    levels = law.decode(OCTETS)
    assert np.array_equal(law.decode(law.encode(levels)), levels)


@pytest.mark.parametrize("law", [ALAW, ULAW])
def test_louder_is_never_coded_softer(law: Law) -> None:
    every = np.arange(-32768, 32768).astype(np.int16)
    assert np.all(np.diff(law.decode(law.encode(every)).astype(int)) >= 0)


def test_silence_is_the_code_that_telephones_expect() -> None:
    silence = np.zeros(3, np.int16)
    assert ALAW.encode(silence) == b"\xd5\xd5\xd5"
    assert ULAW.encode(silence) == b"\xff\xff\xff"


def test_one_milliwatt_sequences_of_the_recommendation() -> None:
    # ITU-T G.711 tables 5 and 6: a 1 kHz sine of 0 dBm0, sampled at 8 kHz
    alaw, ulaw = bytes.fromhex("34212134b4a1a1b4"), bytes.fromhex("1e0b0b1e9e8b8b9e")
    for law, octets, overload in ((ALAW, alaw, 3.14), (ULAW, ulaw, 3.17)):
        values = law.decode(octets).astype(float)
        power = 10 * np.log10(np.mean(values**2) / (32768**2 / 2)) + overload
        assert abs(power) < 0.05
        assert law.encode(law.decode(octets)) == octets


@pytest.mark.parametrize(
    ("name", "hertz", "least"),
    [("PCMA", 1020.0, 38.0), ("PCMU", 1020.0, 38.0), ("G722", 440.0, 50.0), ("G722", 1020.0, 46.0)],
)
def test_tone_of_minus_10_dbm0_comes_through(name, hertz: float, least: float) -> None:
    assert signal_to_noise(through(name, tone(2.0, hertz))[8000:], 16000, hertz) >= least


def test_ffmpeg_understands_our_g722_and_we_understand_its() -> None:
    sound = tone(1.0, 440.0)
    ours, theirs = codecs.make("G722"), av.CodecContext.create("g722", "w")
    octets = b"".join(ours.encode(sound[at : at + 320]) for at in range(0, 16000, 320))
    reader = av.CodecContext.create("g722", "r")
    reader.sample_rate, reader.layout = 16000, "mono"
    decoded = np.concatenate([frame.to_ndarray()[0] for frame in reader.decode(av.Packet(octets))])
    assert signal_to_noise(decoded[4000:], 16000, 440.0) > 50
    theirs.sample_rate, theirs.layout, theirs.format = 16000, "mono", "s16"
    coded = b""
    for at in range(0, 16000, 320):
        frame = av.AudioFrame.from_ndarray(sound[np.newaxis, at : at + 320], "s16", "mono")
        frame.sample_rate = 16000
        coded += b"".join(bytes(packet) for packet in theirs.encode(frame))
    assert signal_to_noise(ours.decode(coded)[4000:], 16000, 440.0) > 50


@pytest.mark.parametrize("name", ["PCMA", "PCMU", "G722"])
def test_twenty_milliseconds_are_always_160_octets(name) -> None:
    codec = codecs.make(name)
    assert {len(codec.encode(tone(1.0)[at : at + 320])) for at in range(0, 16000, 320)} == {160}


@pytest.mark.parametrize("name", ["PCMA", "PCMU", "G722"])
def test_a_view_of_other_samples_is_coded_like_a_copy(name) -> None:
    both = np.repeat(tone(0.02), 2)
    assert codecs.make(name).encode(both[::2]) == codecs.make(name).encode(both[::2].copy())


@pytest.mark.parametrize("name", ["PCMA", "PCMU", "G722"])
def test_full_scale_does_not_wrap(name) -> None:
    square = np.where(np.arange(16000) // 40 % 2, 32767, -32768).astype(np.int16)
    heard = through(name, square).astype(float)
    aligned = max(np.corrcoef(heard[lag : lag + 8000], square[:8000])[0, 1] for lag in range(120))
    assert aligned > 0.9


def test_resampling_delays_by_less_than_5_ms_each_way() -> None:
    impulse = np.zeros(640, np.int16)
    impulse[320] = 20000
    down, up = Downsampler(), Upsampler()
    narrow = np.concatenate([down.feed(impulse[:320]), down.feed(impulse[320:])])
    assert (np.argmax(np.abs(narrow)) - 160) / 8 <= 2.5
    impulse[320], impulse[160] = 0, 20000
    wide = np.concatenate([up.feed(impulse[:160]), up.feed(impulse[160:320])])
    assert (np.argmax(np.abs(wide)) - 320) / 16 <= 2.5


def test_frames_join_without_a_click() -> None:
    up, down = Upsampler(), Downsampler()
    sound = tone(1.0)
    framed = np.concatenate([up.feed(down.feed(sound[at : at + 320])) for at in range(0, 16000, 320)])
    whole = Upsampler().feed(Downsampler().feed(sound))
    assert np.max(np.abs(framed.astype(int) - whole)) <= 1
    assert roughness(framed[1600:], 1020.0, 16000) < 0.002


@pytest.mark.parametrize(("hertz", "most"), [(5000.0, -55.0), (7000.0, -55.0)])
def test_sound_above_4_khz_does_not_fold_back(hertz: float, most: float) -> None:
    narrow = Downsampler().feed(tone(1.0, hertz, 20000))[400:].astype(float)
    assert 20 * np.log10(np.sqrt(np.mean(narrow**2)) / (20000 / np.sqrt(2)) + 1e-9) < most


def test_telephone_band_is_flat() -> None:
    for hertz in (300.0, 1000.0, 2000.0, 3000.0, 3400.0):
        heard = Upsampler().feed(Downsampler().feed(tone(1.0, hertz)))[800:].astype(float)
        assert abs(20 * np.log10(np.sqrt(2 * np.mean(heard**2)) / 7218)) < 0.3
