"""Just enough SDP for the client: write an offer, read either side, answer an offer (RFC 8829)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from bench.client.transport import Remote

Kind = Literal["audio", "video"]

OPUS_PT, VP8_PT, RTX_PT = 111, 96, 97
MID_URI = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID_URI = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID_URI = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
LEVEL_URI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
TRANSPORT_CC_URI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
OFFERED_EXTENSIONS = {
    LEVEL_URI: 1,
    TRANSPORT_CC_URI: 3,
    MID_URI: 4,
    RID_URI: 10,
    REPAIRED_RID_URI: 11,
}
_VIDEO_FEEDBACK = ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli")


class SdpError(Exception):
    """The other side's SDP lacks something that the client needs."""


@dataclass
class MediaLine:
    """One m-section, as far as media needs it."""

    kind: Kind
    port: int
    mid: str = ""
    direction: str = "sendrecv"
    codecs: dict[int, str] = field(default_factory=dict)  # payload type → lower-case codec name
    rtx: dict[int, int] = field(default_factory=dict)  # RTX payload type → the type that it repairs
    extensions: dict[str, int] = field(default_factory=dict)
    ssrcs: list[int] = field(default_factory=list)
    repair: dict[int, int] = field(default_factory=dict)  # media SSRC → its RTX SSRC
    lines: list[str] = field(default_factory=list)


@dataclass
class Description:
    """A parsed session description."""

    session: list[str]
    media: list[MediaLine]

    def remote(self) -> Remote:
        """Transport parameters of the bundle. Raises SdpError."""
        lines = [line for m in self.media for line in m.lines] + self.session
        return Remote(
            address=_address(lines),
            ufrag=_first(lines, "a=ice-ufrag:"),
            password=_first(lines, "a=ice-pwd:"),
            fingerprint=_first(lines, "a=fingerprint:sha-256 "),
        )


def parse(sdp: str) -> Description:
    """Read an SDP of either server."""
    session: list[str] = []
    media: list[MediaLine] = []
    for line in sdp.splitlines():
        if line.startswith("m="):
            kind, port = line[2:].split()[:2]
            media.append(MediaLine("audio" if kind == "audio" else "video", int(port)))
        if not media:
            session.append(line)
            continue
        media[-1].lines.append(line)
        _read_attribute(media[-1], line)
    return Description(session, media)


def _read_attribute(media: MediaLine, line: str) -> None:
    if line.startswith("a=mid:"):
        media.mid = line[6:]
    elif line in ("a=sendonly", "a=recvonly", "a=sendrecv", "a=inactive"):
        media.direction = line[2:]
    elif match := re.match(r"a=rtpmap:(\d+) ([^/]+)", line):
        media.codecs[int(match[1])] = match[2].lower()
    elif match := re.match(r"a=fmtp:(\d+) apt=(\d+)", line):
        media.rtx[int(match[1])] = int(match[2])
    elif match := re.match(r"a=extmap:(\d+)\S* (\S+)", line):
        media.extensions[match[2]] = int(match[1])
    elif match := re.match(r"a=ssrc-group:FID (\d+) (\d+)", line):
        media.repair[int(match[1])] = int(match[2])
    elif match := re.match(r"a=ssrc:(\d+) ", line):
        ssrc = int(match[1])
        if ssrc not in media.ssrcs:
            media.ssrcs.append(ssrc)


def _first(lines: list[str], prefix: str) -> str:
    for line in lines:
        if line.lower().startswith(prefix):
            return line[len(prefix) :].strip()
    raise SdpError(f"no line {prefix}")


def _address(lines: list[str]) -> tuple[str, int]:
    for line in lines:
        if line.startswith("a=candidate:"):
            parts = line.split()
            if parts[1] == "1" and parts[2].lower() == "udp" and ".local" not in parts[4]:
                return parts[4], int(parts[5])
    raise SdpError("no UDP candidate")


@dataclass(frozen=True)
class SendLine:
    """What the client offers to send on one m-line."""

    mid: str
    kind: Kind
    ssrc: int
    rtx_ssrc: int | None
    rids: tuple[str, ...] = ()


@dataclass(frozen=True)
class LocalTransport:
    """The client's own half of the transport parameters."""

    ufrag: str
    password: str
    fingerprint: str
    address: tuple[str, int]


def offer(local: LocalTransport, lines: list[SendLine], setup: str = "actpass") -> str:
    """A whole offer of sendonly m-lines. setup `active` insists on the DTLS client's part."""
    out = _session_lines([line.mid for line in lines])
    for line in lines:
        out += _transport_lines(line.kind, local, setup=setup)
        out += [f"a=mid:{line.mid}", "a=sendonly", "a=rtcp-mux", "a=rtcp-rsize"]
        out += _codec_lines(line.kind)
        out += [f"a=msid:- {line.mid}"]
        if line.rids:
            out += [f"a=rid:{rid} send" for rid in line.rids]
            out += [f"a=simulcast:send {';'.join(line.rids)}"]
        else:
            if line.rtx_ssrc is not None:
                out += [
                    f"a=ssrc-group:FID {line.ssrc} {line.rtx_ssrc}",
                    f"a=ssrc:{line.rtx_ssrc} cname:load",
                ]
            out += [f"a=ssrc:{line.ssrc} cname:load"]
    return "\r\n".join(out) + "\r\n"


def _session_lines(mids: list[str]) -> list[str]:
    return [
        "v=0",
        "o=- 4611731400430051336 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {' '.join(mids)}",
        "a=extmap-allow-mixed",
        "a=msid-semantic: WMS *",
    ]


def _transport_lines(kind: Kind, local: LocalTransport, *, setup: str, payloads: str = "") -> list[str]:
    payloads = payloads or (str(OPUS_PT) if kind == "audio" else f"{VP8_PT} {RTX_PT}")
    host, port = local.address
    family = "IP6" if ":" in host else "IP4"
    return [
        f"m={kind} {port} UDP/TLS/RTP/SAVPF {payloads}",
        f"c=IN {family} {host}",
        f"a=candidate:1 1 udp 2122260223 {host} {port} typ host",
        "a=end-of-candidates",
        f"a=ice-ufrag:{local.ufrag}",
        f"a=ice-pwd:{local.password}",
        f"a=fingerprint:sha-256 {local.fingerprint}",
        f"a=setup:{setup}",
    ]


def _codec_lines(kind: Kind) -> list[str]:
    if kind == "audio":
        uris: tuple[str, ...] = (LEVEL_URI, TRANSPORT_CC_URI, MID_URI)
        codecs = [
            f"a=rtpmap:{OPUS_PT} opus/48000/2",
            f"a=rtcp-fb:{OPUS_PT} transport-cc",
            f"a=fmtp:{OPUS_PT} minptime=10;useinbandfec=1",
        ]
    else:
        uris = (TRANSPORT_CC_URI, MID_URI, RID_URI, REPAIRED_RID_URI)
        codecs = [
            f"a=rtpmap:{VP8_PT} VP8/90000",
            *(f"a=rtcp-fb:{VP8_PT} {kind_of}" for kind_of in _VIDEO_FEEDBACK),
            f"a=rtpmap:{RTX_PT} rtx/90000",
            f"a=fmtp:{RTX_PT} apt={VP8_PT}",
        ]
    return [f"a=extmap:{OFFERED_EXTENSIONS[uri]} {uri}" for uri in uris] + codecs


def answer(remote: Description, local: LocalTransport) -> str:
    """Accept to receive everything that an offer sends, with its codecs, feedback and extensions."""
    live = [m.mid for m in remote.media if m.port]
    out = _session_lines(live)
    for media in remote.media:
        head = media.lines[0].split()
        if media.port == 0:
            out += [f"m={head[0][2:]} 0 {head[2]} {' '.join(head[3:])}", "a=inactive"]
            out += [f"a=mid:{media.mid}"]
            continue
        direction = "recvonly" if media.direction in ("sendonly", "sendrecv") else "inactive"
        out += _transport_lines(media.kind, local, setup="active", payloads=" ".join(head[3:]))
        out += [f"a=mid:{media.mid}", f"a={direction}", "a=rtcp-mux", "a=rtcp-rsize"]
        out += [
            line
            for line in media.lines
            if line.startswith(("a=rtpmap:", "a=fmtp:", "a=rtcp-fb:", "a=extmap:"))
        ]
    return "\r\n".join(out) + "\r\n"
