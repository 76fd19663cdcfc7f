"""Answers to what browsers want to publish: which m-lines are taken, and how. Pure.

Taken are Opus and VP8 (with RTX); everything else is left out of the answer, which is how SDP refuses:
RED, FEC and other codecs, and the dependency descriptor, whose presence would strip VP8's payload
descriptor of what layer switching reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, cast

from onmeet.errors import ProtocolError
from onmeet.relay.description import LocalTransport, media_line, session_lines, transport_lines
from onmeet.relay.interface import SOURCES, VOICE_BITS, Source, TrackSpec
from onmeet.relay.sdp import (
    AUDIO_LEVEL,
    MID,
    REPAIRED_RID,
    RID,
    TRANSPORT_CC,
    Media,
    Session,
    bad_sdp,
)

__all__ = ["Acceptance", "RemoteTransport", "accept", "remote_transport", "write"]

MAX_OFFERED = 64
"""Four sources, and room for m-lines that a browser has stopped and not yet used again."""
KIND_OF: dict[str, Literal["audio", "video"]] = {
    "microphone": "audio",
    "screen-audio": "audio",
    "camera": "video",
    "screen": "video",
}
PROTOCOL = "UDP/TLS/RTP/SAVPF"
CODEC_OF = {"audio": ("opus", 48000), "video": ("vp8", 90000)}
NAME_OF = {"opus": "opus", "vp8": "VP8"}
EXTENSIONS = {
    "audio": (MID, AUDIO_LEVEL, TRANSPORT_CC),
    "video": (MID, RID, REPAIRED_RID, TRANSPORT_CC),
}
FEEDBACK = {
    "audio": ("transport-cc",),
    "video": ("nack", "nack pli", "ccm fir", "transport-cc"),
}
LAYERS = ("q", "h", "f")  # lowest first
MAX_LAYERS = 3


@dataclass(frozen=True, slots=True)
class RemoteTransport:
    """The browser's side of the transport, as its description announces it."""

    ufrag: str
    setup: str
    fingerprints: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """An m-line of the answer; `codec` None refuses it."""

    media: Media
    codec: int | None = None
    rtx: int | None = None
    extensions: tuple[tuple[str, int], ...] = ()
    rids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What an offer turns into: the tracks to publish, and the lines of the answer."""

    specs: tuple[TrackSpec, ...]
    remote: RemoteTransport
    lines: tuple[_Line, ...]


def accept(offer: Session, sources: Mapping[str, Source]) -> Acceptance:
    """Decide on an offer. Raises ProtocolError `bad-sdp` or `too-many-tracks`.

    sources: MID → source. An m-line that sends without a source is taken but not received.
    """
    if len(offer.media) > MAX_OFFERED:
        raise ProtocolError("too-many-tracks")
    kinds = {media.mid: media.kind for media in offer.media}
    for mid, source in sources.items():
        if source not in SOURCES or kinds.get(mid) != KIND_OF[source]:
            raise bad_sdp("a source that does not fit its m-line")
    lines = tuple(_line(offer, media) for media in offer.media)
    taken = [line for line in lines if line.codec is not None]
    remote = remote_transport(offer.media[0] if not taken else taken[0].media)
    specs = tuple(
        _spec(line, sources[line.media.mid])
        for line in taken
        if line.media.sends and line.media.mid in sources
    )
    if len({spec.source for spec in specs}) < len(specs):
        raise ProtocolError("too-many-tracks", "the same source twice")
    return Acceptance(specs, remote, lines)


def remote_transport(media: Media) -> RemoteTransport:
    """The transport of the m-line that carries the bundle. Raises ProtocolError `bad-sdp`."""
    if not (media.ufrag and media.password and media.fingerprints and media.setup):
        raise bad_sdp("no ICE credentials, fingerprint or setup")
    return RemoteTransport(media.ufrag, media.setup, media.fingerprints)


def write(acceptance: Acceptance, transport: LocalTransport, identifier: int, version: int) -> Iterator[str]:
    """The lines of the answer."""
    taken = [line.media.mid for line in acceptance.lines if line.codec is not None]
    receiving = {spec.mid for spec in acceptance.specs}
    yield from session_lines(identifier, version, taken)
    for line in acceptance.lines:
        media = line.media
        if line.codec is None:
            yield from media_line(media.kind, 0, media.protocol, media.codecs or ("0",))
            yield f"a=mid:{media.mid}"
            yield "a=inactive"
            continue
        formats = [line.codec] if line.rtx is None else [line.codec, line.rtx]
        yield from media_line(media.kind, 9, media.protocol, formats)
        yield f"a=mid:{media.mid}"
        yield "a=recvonly" if media.mid in receiving else "a=inactive"
        yield from transport_lines(transport, with_candidates=media.mid == taken[0])
        for uri, number in line.extensions:
            # What is offered one way is answered the other way (RFC 8285 §6).
            yield f"a=extmap:{number}{'/recvonly' if uri in media.one_way else ''} {uri}"
        yield from _codec_lines(line, line.codec)
        if line.rids:
            yield from (f"a=rid:{rid} recv" for rid in line.rids)
            yield f"a=simulcast:recv {';'.join(line.rids)}"


def _line(offer: Session, media: Media) -> _Line:
    wanted = CODEC_OF.get(media.kind)
    bundled = media.mid in offer.bundle or len(offer.media) == 1
    if wanted is None or media.port == 0 or not bundled or not media.rtcp_mux:
        return _Line(media)
    if media.protocol != PROTOCOL:
        return _Line(media)
    codec = next((n for n, c in media.codecs.items() if (c.name.lower(), c.clock_rate) == wanted), None)
    if codec is None:
        return _Line(media)
    extensions = tuple(
        (uri, media.extensions[uri]) for uri in EXTENSIONS[media.kind] if uri in media.extensions
    )
    repairs = {n: c for n, c in media.codecs.items() if c.name.lower() == "rtx"}
    rtx = next((n for n, c in repairs.items() if c.parameters.get("apt") == str(codec)), None)
    simulcast = media.kind == "video" and {MID, RID} <= media.extensions.keys()
    rids = media.send_rids[:MAX_LAYERS] if simulcast else ()
    return _Line(media, codec, rtx, extensions, rids)


def _spec(line: _Line, source: Source) -> TrackSpec:
    codec = cast(int, line.codec)
    media = line.media
    names = {codec: NAME_OF[media.codecs[codec].name.lower()]}
    if line.rtx is not None:
        names[line.rtx] = "rtx"
    return TrackSpec(
        mid=media.mid,
        kind=KIND_OF[source],
        source=source,
        payload_types=names,
        rtx={} if line.rtx is None else {line.rtx: codec},
        extensions=dict(line.extensions),
        rids=tuple(_lowest_first(line.rids)),
        ssrcs=() if line.rids else media.ssrcs,
    )


def _lowest_first(rids: Iterable[str]) -> list[str]:
    """Layers by rising quality: SDP promises no order, so the usual names decide."""
    return sorted(rids, key=lambda rid: LAYERS.index(rid) if rid in LAYERS else len(LAYERS))


def _codec_lines(line: _Line, number: int) -> Iterator[str]:
    media = line.media
    codec = media.codecs[number]
    channels = f"/{codec.channels}" if codec.channels > 1 else ""
    yield f"a=rtpmap:{number} {codec.name}/{codec.clock_rate}{channels}"
    for feedback in FEEDBACK[media.kind]:
        if feedback in codec.feedback:
            yield f"a=rtcp-fb:{number} {feedback}"
    if media.kind == "audio":
        yield f"a=fmtp:{number} minptime=10;useinbandfec=1;maxaveragebitrate={VOICE_BITS}"
    if line.rtx is not None:
        yield f"a=rtpmap:{line.rtx} rtx/{codec.clock_rate}"
        yield f"a=fmtp:{line.rtx} apt={number}"
