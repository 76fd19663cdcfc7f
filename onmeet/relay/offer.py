"""Offers to subscribers: which m-line carries which track, over all rounds of negotiation. Pure.

The first m-line carries nothing and never goes: it holds the bundle's transport, so that ICE and DTLS
are done before the first track appears, and no track that leaves can take the transport with it. Every
track gets an m-line with a new MID and SSRCs of its own; when it ends the m-line is refused (port 0) and
then used again (RFC 8829 §5.2.2), so the description stays as long as the busiest moment was.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from onmeet.relay.description import LocalTransport, media_line, session_lines, transport_lines
from onmeet.relay.interface import DownSpec, Source
from onmeet.relay.sdp import ABS_SEND_TIME, MAX_MEDIA, Session, bad_sdp
from onmeet.relay.track import Track

__all__ = ["Agreement", "Lines"]

PROTOCOL = "UDP/TLS/RTP/SAVPF"
ANCHOR_MID = "0"
OPUS, VP8, RTX = 111, 96, 97
ABS_SEND_TIME_ID = 1
STREAM_OF: dict[Source, str] = {
    "microphone": "main",
    "camera": "main",
    "screen": "screen",
    "screen-audio": "screen",
}
"""Tracks of one stream are played in sync: a voice with its face, a film with its sound."""


class _State(Enum):
    FRESH = "offered, not yet answered"
    LIVE = "accepted"
    ENDING = "its track has gone, to be refused in the next offer"
    FREE = "refused by both sides, may be used again"


@dataclass(slots=True)
class _Slot:
    mid: str
    track: Track
    spec: DownSpec
    state: _State = _State.FRESH


@dataclass(frozen=True, slots=True)
class Agreement:
    """What an answer settles: tracks to forward, and what will never be sent again."""

    begun: tuple[tuple[Track, DownSpec], ...]
    ended: tuple[DownSpec, ...]


class Lines:
    """The m-lines of one subscriber.

    `arrange` brings them in line with the tracks that should flow, `write` describes them, `settle`
    takes the answer. An answer that does not fit changes nothing: the same lines are offered again.
    """

    def __init__(self) -> None:
        self._slots: list[_Slot] = []
        self._next_mid = 1
        self._next_ssrc = secrets.randbelow(1 << 32)
        self._declined: set[Track] = set()
        self.settled = False

    @property
    def tracks(self) -> dict[str, str]:
        """MID → id of the track it carries."""
        return {slot.mid: slot.track.id for slot in self._slots if slot.state in (_State.FRESH, _State.LIVE)}

    def differs(self, wanted: Mapping[str, Track]) -> bool:
        """Whether an offer has something to say."""
        if not self.settled:
            return True
        carried: set[Track] = set()
        for slot in self._slots:
            if slot.state is _State.LIVE and wanted.get(slot.track.id) is slot.track:
                carried.add(slot.track)
            elif slot.state is not _State.FREE:
                return True
        missing = set(wanted.values()) - carried - self._declined
        return bool(missing) and self._has_place(missing)

    def arrange(self, wanted: Mapping[str, Track]) -> None:
        """End the lines of tracks that have gone, make or reuse lines for new ones."""
        self._declined.intersection_update(wanted.values())
        carried: set[Track] = set()
        for slot in self._slots:
            if slot.state in (_State.FRESH, _State.LIVE):
                if wanted.get(slot.track.id) is slot.track:
                    carried.add(slot.track)
                else:
                    slot.state = _State.ENDING
        for track in wanted.values():
            if track not in carried and track not in self._declined:
                self._place(track)

    def write(self, transport: LocalTransport, identifier: int, version: int) -> Iterator[str]:
        """The lines of the offer."""
        live = [slot.mid for slot in self._slots if slot.state in (_State.FRESH, _State.LIVE)]
        yield from session_lines(identifier, version, (ANCHOR_MID, *live))
        yield from media_line("audio", 9, PROTOCOL, (OPUS,))
        yield f"a=mid:{ANCHOR_MID}"
        yield "a=inactive"
        yield from transport_lines(transport, with_candidates=True)
        yield from _opus_lines()
        for slot in self._slots:
            if slot.state in (_State.FRESH, _State.LIVE):
                yield from _track_lines(slot, transport)
            else:
                yield from media_line(slot.track.kind, 0, PROTOCOL, _formats(slot.track))
                yield f"a=mid:{slot.mid}"
                yield "a=inactive"

    def settle(self, answer: Session) -> Agreement:
        """Take the answer to what `write` last described. Raises ProtocolError `bad-sdp`."""
        mids = [media.mid for media in answer.media]
        if mids != [ANCHOR_MID, *(slot.mid for slot in self._slots)] or not answer.media[0].port:
            raise bad_sdp("an answer to another offer")
        self.settled = True
        begun: list[tuple[Track, DownSpec]] = []
        ended: list[DownSpec] = []
        for slot, media in zip(self._slots, answer.media[1:], strict=True):
            taken = media.receives and slot.spec.pt in media.codecs
            if slot.state is _State.FRESH and taken:
                slot.state = _State.LIVE
                begun.append((slot.track, slot.spec))
            elif slot.state is _State.FRESH:
                # Offering again what a browser cannot take would never end.
                self._declined.add(slot.track)
                slot.state = _State.ENDING if media.port else _State.FREE
            elif slot.state is _State.ENDING:
                slot.state = _State.FREE
                ended.append(slot.spec)
        return Agreement(tuple(begun), tuple(ended))

    def _has_place(self, missing: set[Track]) -> bool:
        if len(self._slots) + 1 < MAX_MEDIA:
            return True
        kinds = {slot.track.kind for slot in self._slots if slot.state is _State.FREE}
        return any(track.kind in kinds for track in missing)

    def _place(self, track: Track) -> None:
        """Give a track the first free m-line of its kind, or a new one."""
        slot = _Slot(str(self._next_mid), track, self._spec(track))
        for place, old in enumerate(self._slots):
            if old.state is _State.FREE and old.track.kind == track.kind:
                self._slots[place] = slot
                break
        else:
            if len(self._slots) + 1 >= MAX_MEDIA:
                return
            self._slots.append(slot)
        self._next_mid += 1

    def _spec(self, track: Track) -> DownSpec:
        if track.kind == "audio":
            return DownSpec(self._fresh_ssrc(), None, OPUS, None)
        ssrc, repair = self._fresh_ssrc(), self._fresh_ssrc()
        return DownSpec(ssrc, repair, VP8, RTX, abs_send_time_id=ABS_SEND_TIME_ID)

    def _fresh_ssrc(self) -> int:
        """An SSRC that this subscriber has never seen: SRTP sequences must not start twice."""
        self._next_ssrc = self._next_ssrc % 0xFFFFFFFF + 1
        return self._next_ssrc


def _formats(track: Track) -> tuple[int, ...]:
    return (OPUS,) if track.kind == "audio" else (VP8, RTX)


def _opus_lines() -> Iterator[str]:
    yield f"a=rtpmap:{OPUS} opus/48000/2"
    yield f"a=fmtp:{OPUS} minptime=10;useinbandfec=1"


def _vp8_lines() -> Iterator[str]:
    yield f"a=extmap:{ABS_SEND_TIME_ID} {ABS_SEND_TIME}"
    yield f"a=rtpmap:{VP8} VP8/90000"
    for feedback in ("nack", "nack pli", "ccm fir", "goog-remb"):
        yield f"a=rtcp-fb:{VP8} {feedback}"
    yield f"a=rtpmap:{RTX} rtx/90000"
    yield f"a=fmtp:{RTX} apt={VP8}"


def _track_lines(slot: _Slot, transport: LocalTransport) -> Iterator[str]:
    track, spec = slot.track, slot.spec
    yield from media_line(track.kind, 9, PROTOCOL, _formats(track))
    yield f"a=mid:{slot.mid}"
    yield "a=sendonly"
    yield from transport_lines(transport, with_candidates=False)
    yield from _opus_lines() if track.kind == "audio" else _vp8_lines()
    yield f"a=msid:{track.index}-{STREAM_OF[track.source]} {track.index}-{track.source}"
    if spec.rtx_ssrc is not None:
        yield f"a=ssrc-group:FID {spec.ssrc} {spec.rtx_ssrc}"
    # Chromium takes the first one for the media stream, whatever the group says.
    yield f"a=ssrc:{spec.ssrc} cname:{track.cname}"
    if spec.rtx_ssrc is not None:
        yield f"a=ssrc:{spec.rtx_ssrc} cname:{track.cname}"
