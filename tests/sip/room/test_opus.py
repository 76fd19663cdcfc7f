"""Opus packets: their length in time, a tone there and back, nonsense refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.room.opus import DecodeError, Decoder, Encoder, duration
from tests.factories.handset import tone
from tests.sip.room.house import snr


@pytest.mark.parametrize("hertz", [300.0, 1000.0, 3000.0, 6000.0])
def test_a_tone_comes_through(hertz: float) -> None:
    voice, encoder, decoder = tone(hertz), Encoder(), Decoder()
    packets = [encoder.encode(voice(n)) for n in range(100)]
    assert all(duration(packet) == 20 for packet in packets)
    sound = np.concatenate([decoder.decode(packet) for packet in packets])
    assert len(sound) == 100 * 320
    assert snr(sound[16000:], hertz) > 20


def test_rate_is_about_what_was_asked_for() -> None:
    encoder, noise = Encoder(), np.random.default_rng(1)
    sizes = [len(encoder.encode(noise.integers(-3000, 3000, 320).astype(np.int16))) for _ in range(100)]
    assert 24_000 * 0.7 < sum(sizes) * 8 / 2 < 24_000 * 1.5


@pytest.mark.parametrize(
    ("packet", "milliseconds"),
    [
        (b"", 0), (b"\x78" + bytes(9), 20), (b"\x00x", 10), (b"\x18x", 60), (b"\x19xx", 120), (b"\x80x", 2.5),
        (b"\x83", 0), (b"\x83\x01x", 2.5), (b"\x1b\x03", 0), (b"\x60x", 10), (b"\x68x", 20), (b"\xf8x", 20),
    ],
)  # fmt: skip
def test_duration_is_read_from_the_first_bytes(packet: bytes, milliseconds: float) -> None:
    assert duration(packet) == milliseconds


@given(st.binary(max_size=200))
def test_anything_is_decoded_or_refused(data: bytes) -> None:
    decoder = Decoder()
    try:
        sound = decoder.decode(data)
    except DecodeError:
        return
    assert sound.dtype == np.int16


def test_decoder_goes_on_after_nonsense() -> None:
    voice, encoder, decoder = tone(1000), Encoder(), Decoder()
    for n in range(10):
        decoder.decode(encoder.encode(voice(n)))
    with pytest.raises(DecodeError):
        decoder.decode(b"\xff\xff\xff")
    assert len(decoder.decode(encoder.encode(voice(10)))) == 320


def test_what_lies_above_half_the_rate_is_taken_away() -> None:
    """48 kHz sound folded down to 16 kHz would bring 9 kHz back as 7 kHz."""
    decoder = Decoder()
    at = np.arange(4800) / 48000
    low = decoder._halve(np.rint(10_000 * np.sin(2 * np.pi * 3000 * at)).astype(np.int16))
    high = decoder._halve(np.rint(10_000 * np.sin(2 * np.pi * 9500 * at)).astype(np.int16))
    assert np.abs(low[100:]).max() > 9700
    assert np.abs(high[100:]).max() < 30
