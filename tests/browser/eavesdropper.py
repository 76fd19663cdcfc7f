"""What somebody with the relay's capture can try: decode it, with a key or without."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from onmeet.e2ee.labels import FrameClass, kid_parts
from onmeet.e2ee.sframe import FrameError, FrameKey, Header, decode_header
from onmeet.rtp import packets, vp8

OPUS_RATE = 48_000


@dataclass(frozen=True)
class Frame:
    """One captured media frame: bytes in clear in front, then SFrame header and ciphertext."""

    clear: bytes
    header: Header
    sealed: bytes

    @property
    def frame_class(self) -> int:
        """The media class in the key identifier."""
        return kid_parts(self.header.kid)[0]

    @property
    def sender(self) -> int:
        """The sender's index in the key identifier."""
        return kid_parts(self.header.kid)[1]

    def opened(self, bases: Iterable[bytes]) -> bytes:
        """The frame in clear with the first base key that fits; FrameError when none does."""
        for base in bases:
            try:
                return self.clear + FrameKey(base, self.header.kid).open(self.header, self.sealed, self.clear)
            except FrameError:
                continue
        raise FrameError("tag")


def captured(file: Path) -> list[bytes]:
    """The RTP packets of a capture, without one that is still being written."""
    data, at, found = file.read_bytes(), 0, []
    while at + 4 <= len(data):
        (length,) = struct.unpack_from("!I", data, at)
        if at + 4 + length <= len(data):
            found.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    return found


def audio_frames(rtp: Iterable[bytes]) -> list[Frame]:
    """Every captured microphone frame: one a packet, nothing in clear."""
    return [f for f in (_frame(_payload(p), 0) for p in rtp) if f and f.frame_class == FrameClass.AUDIO]


def video_frames(rtp: Iterable[bytes]) -> list[Frame]:
    """Every whole captured camera frame, put together from its packets."""
    return [f for f in (_video_frame(v) for v in _assembled(rtp)) if f and f.frame_class == FrameClass.VIDEO]


def _video_frame(picture: bytes) -> Frame | None:
    return _frame(picture, 1 if picture[0] & 1 else 10)


def _frame(data: bytes, clear: int) -> Frame | None:
    header = decode_header(data, clear)
    return Frame(data[:clear], header, data[clear:]) if header else None


def _payload(packet: bytes) -> bytes:
    header = packets.parse(packet)
    assert header is not None
    return packet[header.start : header.end]


def _assembled(rtp: Iterable[bytes]) -> Iterator[bytes]:
    """VP8 frames whose packets are all there and in order, each stream by itself."""
    open_frames: dict[int, tuple[int, int, bytearray]] = {}
    for packet in rtp:
        header = packets.parse(packet)
        if header is None or header.start >= header.end:
            continue
        descriptor = vp8.parse(packet, header.start, header.end)
        if descriptor is None or descriptor.picture_id < 0:
            continue
        body = packet[descriptor.payload : header.end]
        if descriptor.starts_frame:
            open_frames[header.ssrc] = (header.timestamp, header.sequence, bytearray(body))
        elif header.ssrc in open_frames:
            timestamp, sequence, so_far = open_frames[header.ssrc]
            if timestamp != header.timestamp or header.sequence != (sequence + 1) & 0xFFFF:
                del open_frames[header.ssrc]
                continue
            so_far += body
            open_frames[header.ssrc] = (timestamp, header.sequence, so_far)
        if header.marker and header.ssrc in open_frames:
            yield bytes(open_frames.pop(header.ssrc)[2])


def tone_share(opus: Iterable[bytes], hertz: float) -> float:
    """How much of the sound's energy lies within 20 Hz of `hertz`, 0 … 1; 0 when nothing decodes."""
    decoder = av.CodecContext.create("libopus", "r")
    assert isinstance(decoder, av.AudioCodecContext)
    decoder.sample_rate = OPUS_RATE
    decoder.layout = "mono"
    parts = []
    for data in opus:
        try:
            parts += [frame.to_ndarray().reshape(-1) for frame in decoder.decode(av.Packet(data))]
        except av.FFmpegError:
            continue
    if not parts:
        return 0.0
    sound = np.concatenate(parts).astype(np.float64)
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    frequency = np.fft.rfftfreq(len(sound), 1 / OPUS_RATE)
    whole = float(power[frequency > 50].sum())
    return float(power[np.abs(frequency - hertz) < 20].sum()) / whole if whole else 0.0


def memory_of(pid: int) -> Iterator[bytes]:
    """Every writable piece of a process's memory; none of one that has ended meanwhile."""
    with ExitStack() as stack:
        try:
            maps = stack.enter_context(open(f"/proc/{pid}/maps", encoding="ascii", errors="replace"))
            memory = stack.enter_context(open(f"/proc/{pid}/mem", "rb", 0))
            lines = maps.readlines()
        except (FileNotFoundError, ProcessLookupError):
            return
        for line in lines:
            span, rights, *_ = line.split()
            if not rights.startswith("rw"):
                continue
            start, end = (int(part, 16) for part in span.split("-"))
            memory.seek(start)
            try:
                yield memory.read(end - start)
            except OSError:
                continue  # a guard page or device memory
