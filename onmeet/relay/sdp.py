"""Session descriptions (RFC 8866, RFC 8829) as browsers write them, read into frozen values.

The reader is tolerant of what it does not need and strict about what it does: anything that cannot be
negotiated on raises ProtocolError `bad-sdp`. It reads at most `MAX_SIZE` characters and `MAX_MEDIA`
m-lines, so what a browser sends bounds nothing but itself. Writing is in `answer` and `offer`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from onmeet.errors import ProtocolError

__all__ = [
    "ABS_SEND_TIME",
    "AUDIO_LEVEL",
    "MID",
    "REPAIRED_RID",
    "RID",
    "TRANSPORT_CC",
    "Codec",
    "Media",
    "Session",
    "bad_sdp",
    "parse",
]

MAX_SIZE = 256 * 1024  # PROTOCOL.md: the limit of an offer or answer
MAX_MEDIA = 512
"""Four sources of every participant of a large meeting."""
MAX_LINES_PER_MEDIA = 1024
MAX_PAYLOAD_TYPES = 128
MAX_FEEDBACK = 32

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"  # RFC 9143 §15
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"  # RFC 8852
REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"  # RFC 6464
TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"

TOKEN = re.compile(r"[!#-'*+\-.0-9A-Z^-~]{1,64}")  # RFC 8866 §9, bounded
RID_TOKEN = re.compile(r"[A-Za-z0-9]{1,16}")  # RFC 8851 §10; one-byte extensions carry at most 16
ICE_TOKEN = re.compile(r"[A-Za-z0-9+/]{4,256}")  # RFC 8839 §5.4
FINGERPRINT = re.compile(r"([A-Za-z0-9-]{1,16}) ([0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){15,63})")
HASHES = ("sha-256", "sha-384", "sha-512")
DIRECTIONS = frozenset(("sendrecv", "sendonly", "recvonly", "inactive"))
SETUPS = frozenset(("actpass", "active", "passive"))


def bad_sdp(detail: str) -> ProtocolError:
    """The error for a description that cannot be negotiated on; `detail` never quotes it."""
    return ProtocolError("bad-sdp", detail)


@dataclass(frozen=True, slots=True)
class Codec:
    """One payload type: `a=rtpmap`, with its `a=fmtp` and `a=rtcp-fb` lines."""

    name: str
    clock_rate: int
    channels: int = 1
    parameters: dict[str, str] = field(default_factory=dict)
    feedback: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Media:
    """One m-line. Session-level ICE, DTLS and direction attributes are already filled in.

    codecs: payload type → codec, in the order of preference that the m-line gives.
    port: 0 = refused; a `bundle-only` line, which also says 0 (RFC 9143 §6), reads as 9.
    extensions: URI → id of those that the browser can send; `one_way`: which it only sends.
    send_rids: layers that the browser sends, as `a=simulcast` orders them.
    ssrcs: announced media SSRCs, each with its RTX SSRC or None.
    """

    kind: str
    port: int
    protocol: str
    mid: str
    direction: str
    ufrag: str
    password: str = field(repr=False)
    setup: str
    fingerprints: tuple[tuple[str, str], ...]
    rtcp_mux: bool
    codecs: dict[int, Codec]
    extensions: dict[str, int]
    one_way: frozenset[str]
    send_rids: tuple[str, ...]
    ssrcs: tuple[tuple[int, int | None], ...]

    @property
    def sends(self) -> bool:
        """Whether the browser wants to send on this m-line."""
        return self.port != 0 and self.direction in ("sendrecv", "sendonly")

    @property
    def receives(self) -> bool:
        """Whether the browser is willing to receive on this m-line."""
        return self.port != 0 and self.direction in ("sendrecv", "recvonly")


@dataclass(frozen=True, slots=True)
class Session:
    """A whole description: its m-lines, and the MIDs of the first BUNDLE group (RFC 9143)."""

    media: tuple[Media, ...]
    bundle: tuple[str, ...]


class _Draft:
    """What is read of one m-line (or of the session part) while its lines go by."""

    def __init__(self) -> None:
        self.kind = self.protocol = self.mid = self.ufrag = self.password = ""
        self.setup = self.direction = ""
        self.port = 0
        self.lines = 0
        self.rtcp_mux = False
        self.bundle_only = False
        self.one_way: set[str] = set()
        self.order: list[int] = []
        self.fingerprints: list[tuple[str, str]] = []
        self.maps: dict[int, tuple[str, int, int]] = {}
        self.parameters: dict[int, dict[str, str]] = {}
        self.feedback: dict[int, list[str]] = {}
        self.extensions: dict[str, int] = {}
        self.rids: dict[str, str] = {}
        self.simulcast: list[str] = []
        self.ssrcs: dict[int, None] = {}
        self.repairs: dict[int, int] = {}
        self.bundle: tuple[str, ...] = ()


def parse(text: str) -> Session:
    """Read a description. Raises ProtocolError `bad-sdp`, never anything else."""
    if len(text) > MAX_SIZE:
        raise bad_sdp("too large")
    if not text.startswith("v=0"):
        raise bad_sdp("not a session description")
    session = draft = _Draft()
    drafts: list[_Draft] = []
    for line in text.splitlines():
        kind, value = line[:2], line[2:].strip()
        draft.lines += 1
        if draft.lines > MAX_LINES_PER_MEDIA:
            raise bad_sdp("too many lines")
        if kind == "m=":
            draft = _media_line(value)
            drafts.append(draft)
            if len(drafts) > MAX_MEDIA:
                raise bad_sdp("too many m-lines")
        elif kind == "a=":
            name, _, rest = value.partition(":")
            read = ATTRIBUTES.get(name)
            if read is not None:
                read(draft, rest)
            elif name in DIRECTIONS:
                draft.direction = name
    media = tuple(_finish(session, draft) for draft in drafts)
    mids = [m.mid for m in media]
    if not media or len(set(mids)) != len(mids):
        raise bad_sdp("no m-lines, or the same MID twice")
    return Session(media, session.bundle)


def _number(text: str, limit: int) -> int | None:
    """A decimal number up to `limit`, None for anything else."""
    if not (text.isascii() and text.isdigit()) or len(text) > 10:
        return None
    number = int(text)
    return number if number <= limit else None


def _media_line(value: str) -> _Draft:
    parts = value.split()
    if len(parts) < 4 or len(parts) > 3 + MAX_PAYLOAD_TYPES:
        raise bad_sdp("m-line")
    port = _number(parts[1].partition("/")[0], 65535)
    if port is None:
        raise bad_sdp("port of an m-line")
    draft = _Draft()
    draft.kind, draft.port, draft.protocol = parts[0], port, parts[2]
    payload_types = (_number(part, 127) for part in parts[3:])
    draft.order = [number for number in payload_types if number is not None]
    return draft


def _finish(session: _Draft, draft: _Draft) -> Media:
    codecs = {
        number: Codec(
            *draft.maps[number],
            draft.parameters.get(number, {}),
            tuple(draft.feedback.get(number, ())),
        )
        for number in draft.order
        if number in draft.maps
    }
    if not draft.mid:
        raise bad_sdp("an m-line without MID")
    repairing = set(draft.repairs.values())
    return Media(
        kind=draft.kind,
        port=draft.port or (9 if draft.bundle_only else 0),
        protocol=draft.protocol,
        mid=draft.mid,
        direction=draft.direction or session.direction or "sendrecv",
        ufrag=draft.ufrag or session.ufrag,
        password=draft.password or session.password,
        setup=draft.setup or session.setup,
        fingerprints=tuple(draft.fingerprints or session.fingerprints),
        rtcp_mux=draft.rtcp_mux,
        codecs=codecs,
        extensions=draft.extensions,
        one_way=frozenset(draft.one_way),
        send_rids=tuple(rid for rid in draft.simulcast if draft.rids.get(rid) == "send"),
        ssrcs=tuple((ssrc, draft.repairs.get(ssrc)) for ssrc in draft.ssrcs if ssrc not in repairing),
    )


def _read_mid(draft: _Draft, value: str) -> None:
    if not TOKEN.fullmatch(value):
        raise bad_sdp("MID")
    draft.mid = value


def _read_group(draft: _Draft, value: str) -> None:
    semantics, *mids = value.split() or [""]
    if semantics == "BUNDLE" and not draft.bundle:
        draft.bundle = tuple(mids)


def _read_ufrag(draft: _Draft, value: str) -> None:
    if not ICE_TOKEN.fullmatch(value):
        raise bad_sdp("ICE username fragment")
    draft.ufrag = value


def _read_password(draft: _Draft, value: str) -> None:
    if not ICE_TOKEN.fullmatch(value) or len(value) < 22:
        raise bad_sdp("ICE password")
    draft.password = value


def _read_setup(draft: _Draft, value: str) -> None:
    if value in SETUPS:
        draft.setup = value


def _read_fingerprint(draft: _Draft, value: str) -> None:
    match = FINGERPRINT.fullmatch(value)
    if match is None:
        raise bad_sdp("fingerprint")
    pair = (match[1].lower(), match[2].upper())
    if pair[0] in HASHES and pair not in draft.fingerprints:
        draft.fingerprints.append(pair)


def _read_rtcp_mux(draft: _Draft, value: str) -> None:
    draft.rtcp_mux = True


def _read_rtpmap(draft: _Draft, value: str) -> None:
    head, _, encoding = value.partition(" ")
    number = _number(head, 127)
    name, *numbers = encoding.split("/")
    rate = _number(numbers[0], 10_000_000) if numbers else None
    channels = _number(numbers[1], 16) if len(numbers) > 1 else 1
    if number is not None and rate and channels and TOKEN.fullmatch(name):
        draft.maps[number] = (name, rate, channels)


def _read_fmtp(draft: _Draft, value: str) -> None:
    head, _, rest = value.partition(" ")
    number = _number(head, 127)
    if number is not None:
        pairs = (part.strip().partition("=") for part in rest.split(";"))
        draft.parameters[number] = {name.lower(): setting for name, _, setting in pairs if name}


def _read_feedback(draft: _Draft, value: str) -> None:
    head, _, rest = value.partition(" ")
    numbers = draft.order if head == "*" else [_number(head, 127)]
    for number in numbers:
        if number is not None:
            feedback = draft.feedback.setdefault(number, [])
            if len(feedback) < MAX_FEEDBACK:
                feedback.append(rest)


def _read_bundle_only(draft: _Draft, value: str) -> None:
    draft.bundle_only = True


def _read_extension(draft: _Draft, value: str) -> None:
    head, _, rest = value.partition(" ")
    digits, _, direction = head.partition("/")
    number = _number(digits, 14)  # one-byte header ids (RFC 8285 §4.2)
    uri = rest.split(" ", 1)[0]
    if not number or not uri or direction in ("recvonly", "inactive"):
        return
    if uri not in draft.extensions and number not in draft.extensions.values():
        draft.extensions[uri] = number
        if direction == "sendonly":
            draft.one_way.add(uri)


def _read_rid(draft: _Draft, value: str) -> None:
    parts = value.split()
    if len(parts) >= 2 and RID_TOKEN.fullmatch(parts[0]):
        draft.rids[parts[0]] = parts[1]


def _read_simulcast(draft: _Draft, value: str) -> None:
    """RFC 8853 §5.1: of alternatives the first counts, a paused layer (~) like any other."""
    words = value.split()
    for direction, layers in zip(words[::2], words[1::2], strict=False):
        if direction == "send":
            names = (layer.split(",", 1)[0].lstrip("~") for layer in layers.split(";"))
            draft.simulcast = list(dict.fromkeys(names))


def _read_ssrc(draft: _Draft, value: str) -> None:
    ssrc = _number(value.split(" ", 1)[0], 0xFFFFFFFF)
    if ssrc is not None:
        draft.ssrcs[ssrc] = None


def _read_ssrc_group(draft: _Draft, value: str) -> None:
    semantics, *numbers = value.split() or [""]
    pair = [_number(number, 0xFFFFFFFF) for number in numbers]
    if semantics == "FID" and len(pair) == 2 and pair[0] is not None and pair[1] is not None:
        draft.repairs[pair[0]] = pair[1]


ATTRIBUTES: dict[str, Callable[[_Draft, str], None]] = {
    "mid": _read_mid,
    "group": _read_group,
    "ice-ufrag": _read_ufrag,
    "ice-pwd": _read_password,
    "setup": _read_setup,
    "fingerprint": _read_fingerprint,
    "rtcp-mux": _read_rtcp_mux,
    "bundle-only": _read_bundle_only,
    "rtpmap": _read_rtpmap,
    "fmtp": _read_fmtp,
    "rtcp-fb": _read_feedback,
    "extmap": _read_extension,
    "rid": _read_rid,
    "simulcast": _read_simulcast,
    "ssrc": _read_ssrc,
    "ssrc-group": _read_ssrc_group,
}
