"""Offer and answer for the one sound stream of a leg (RFC 3264; SDES: RFC 4568; best effort: RFC 8643).

session, agreement = answer(their_offer, local)      # they offer, or answer our INVITE without one
session = offer(local); agreement = accept(session, their_answer, local)
session = reoffer(ours, theirs, version=…)           # the same lines again: refresh, hold, resume
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Literal

from sip.core.crypto_lines import KEY_BYTES, SUITES, Crypto, usable
from sip.core.parsing import MessageError
from sip.core.sdp import Attribute, Media, RtpMap, Session
from sip.interface import Agreement, CodecName, Direction, SrtpKeys

__all__ = ["LocalMedia", "NotAcceptable", "accept", "answer", "offer", "reoffer"]

_PAYLOAD_TYPES: dict[CodecName, int] = {"PCMU": 0, "PCMA": 8, "G722": 9}  # RFC 3551 §6
_EVENTS = 101  # a dynamic type; what nearly everyone uses
_EVENT_RANGE = "0-16"  # digits, *, #, A–D and flash (RFC 4733 §3.2)
_CLOCK = 8000  # of all three codecs: G.722's too, for a historical reason (RFC 3551 §4.5.2)
_PLAIN = frozenset({"RTP/AVP", "RTP/AVPF"})
_SECURE = frozenset({"RTP/SAVP", "RTP/SAVPF"})
_DIRECTIONS: tuple[Direction, ...] = ("sendrecv", "sendonly", "recvonly", "inactive")
_NOBODY = frozenset({"0.0.0.0", "::"})  # noqa: S104 - hold, as RFC 2543 wrote it: no socket


class NotAcceptable(MessageError):
    """Nothing in the description that we can or may speak: 488."""

    def __init__(self) -> None:
        super().__init__(488, "Not Acceptable Here")


@dataclass(frozen=True, slots=True, repr=False)
class LocalMedia:
    """Our side of a leg; keep it for the whole call, so that the key and the session's id stay.

    address, port: of our RTP; RTCP is one port above. codecs: best first. srtp: "off" never, "offer" where
    the other side can, "require" or no call. direction: sendonly or inactive put the other side on hold.
    sources: further addresses that may send media. key: of what we send, 30 random bytes.
    """

    address: str
    port: int
    codecs: tuple[CodecName, ...] = ("G722", "PCMA", "PCMU")
    srtp: Literal["off", "offer", "require"] = "off"
    ptime: int = 20
    direction: Direction = "sendrecv"
    sources: tuple[str, ...] = ()
    session_id: int = field(default_factory=lambda: secrets.randbits(62))
    version: int = 1
    key: bytes = field(default_factory=lambda: secrets.token_bytes(KEY_BYTES))


@dataclass(frozen=True, slots=True)
class _Choice:
    """One of their lines, read, with the codec that we would speak there."""

    media: Media
    codec: RtpMap
    events: RtpMap | None
    noise: RtpMap | None
    crypto: Crypto | None


def answer(offered: Session, local: LocalMedia) -> tuple[Session, Agreement]:
    """Answer an offer: our description and what is agreed. All lines but the best are refused with port 0.

    Best is what is encrypted (unless srtp is off), then our order of codecs, then theirs of lines.
    Raises NotAcceptable.
    """
    choices = {
        index: choice
        for index, media in enumerate(offered.media)
        if (choice := _choose(offered, media, local))
    }
    if not choices:
        raise NotAcceptable
    best = min(
        choices, key=lambda index: (choices[index].crypto is None, _rank(choices[index], local), index)
    )
    chosen = choices[best]
    agreement = _agreement(offered, chosen, local)
    media = [
        _answer_line(chosen, agreement, local) if index == best else line.refused()
        for index, line in enumerate(offered.media)
    ]
    return _session(local, media), agreement


def offer(local: LocalMedia) -> Session:
    """A first offer: one line. With srtp "offer" it is plain RTP with keys beside it (RFC 8643)."""
    numbers = [_PAYLOAD_TYPES[name] for name in local.codecs]
    maps = [RtpMap(number, name, _CLOCK) for number, name in zip(numbers, local.codecs, strict=True)]
    # No comfort noise: to offer it invites the far side to cut the beginnings of words.
    lines = list(_sound_attributes([*maps, RtpMap(_EVENTS, "TELEPHONE-EVENT", _CLOCK)], local.ptime))
    if local.srtp != "off":
        lines += [("crypto", str(Crypto(n, suite, local.key))) for n, suite in enumerate(SUITES, 1)]
    lines.append((local.direction, None))
    protocol = "RTP/SAVP" if local.srtp == "require" else "RTP/AVP"
    formats = (*map(str, numbers), str(_EVENTS))
    return _session(local, [Media("audio", local.port, protocol, formats, tuple(lines))])


def accept(ours: Session, answered: Session, local: LocalMedia) -> Agreement:
    """What their answer to our offer settles. Raises NotAcceptable: then hang up."""
    for mine, theirs in zip(ours.media, answered.media, strict=False):
        if mine.port == 0 or mine.kind != "audio":
            continue
        chosen = _choose(answered, theirs, local, mine)
        if chosen is not None:
            return _agreement(answered, chosen, local, mine)
    raise NotAcceptable


def reoffer(ours: Session, theirs: Session, *, version: int, direction: Direction = "sendrecv") -> Session:
    """Our last description again as an offer: the same lines in the same order (RFC 3264 §8).

    version: one more than that of `ours` when the direction differs, else the same.
    """
    dead = [index for index, line in enumerate(theirs.media) if line.port == 0]
    media = [
        line.refused() if index in dead or line.port == 0 else _directed(line, direction)
        for index, line in enumerate(ours.media)
    ]
    return Session(tuple(media), ours.address, ours.attributes, ours.id, version, ours.origin)


def _choose(session: Session, media: Media, local: LocalMedia, mine: Media | None = None) -> _Choice | None:
    """How we could speak on this line of theirs, if at all. mine: the line of our offer that it answers."""
    if media.kind != "audio" or media.port == 0 or not _reachable(session.address_of(media), local.address):
        return None
    crypto = _crypto(media, local, mine)
    secure = media.protocol.upper() in _SECURE
    if crypto is None and (secure or local.srtp == "require"):
        return None
    if not secure and media.protocol.upper() not in _PLAIN:
        return None
    maps = media.maps
    codec = _codec(maps, local, mine)
    if codec is None:
        return None
    events = _named(maps, "TELEPHONE-EVENT")
    if events and mine:  # digits come with the number of our offer (RFC 3264 §6.1)
        events = _named(mine.maps, "TELEPHONE-EVENT")
    return _Choice(media, codec, events, _named(maps, "CN"), crypto)


def _crypto(media: Media, local: LocalMedia, mine: Media | None) -> Crypto | None:
    """Their key that we shall use, None for plain RTP."""
    if local.srtp == "off":
        return None
    lines = usable(media.all("crypto"))
    if mine is not None:  # an answer takes up one of our lines, by its tag (RFC 4568 §5.1.3)
        known = {(crypto.tag, crypto.suite) for crypto in usable(mine.all("crypto"))}
        lines = [crypto for crypto in lines if (crypto.tag, crypto.suite) in known]
    return lines[0] if lines else None


def _codec(maps: list[RtpMap], local: LocalMedia, mine: Media | None) -> RtpMap | None:
    """The codec to speak: of an offer our favourite, of an answer their first (RFC 3264 §7)."""
    names = [found.name for found in mine.maps] if mine else local.codecs
    able = [found for found in maps if found.name in names and found.name in local.codecs]
    able = [found for found in able if (found.rate, found.channels) == (_CLOCK, 1)]
    if mine or not able:
        return able[0] if able else None
    return min(able, key=lambda found: local.codecs.index(_name(found)))


def _rank(choice: _Choice, local: LocalMedia) -> int:
    return local.codecs.index(_name(choice.codec))


def _name(codec: RtpMap) -> CodecName:
    return next(name for name in _PAYLOAD_TYPES if name == codec.name)


def _named(maps: list[RtpMap], name: str) -> RtpMap | None:
    return next((found for found in maps if found.name == name and found.rate == _CLOCK), None)


def _agreement(session: Session, chosen: _Choice, local: LocalMedia, mine: Media | None = None) -> Agreement:
    media = chosen.media
    address = session.address_of(media) or ""
    theirs = _direction(session, media)
    nobody = address in _NOBODY
    mux = media.get("rtcp-mux") is not None and (mine is None or mine.get("rtcp-mux") is not None)
    remote = (address, media.port)
    return Agreement(
        remote=remote,
        remote_rtcp=remote if mux else _rtcp(media, address),
        codec=_name(chosen.codec),
        payload_type=chosen.codec.payload_type,
        event_type=chosen.events.payload_type if chosen.events else None,
        noise_type=chosen.noise.payload_type if chosen.noise else None,
        ptime=_ptime(media, local),
        direction=_ours(theirs, local.direction, silent=nobody),
        held=nobody or theirs in ("sendonly", "inactive"),
        rtcp_mux=mux,
        srtp=SrtpKeys(local.key, chosen.crypto.key, chosen.crypto.suite) if chosen.crypto else None,
        sources=local.sources,
    )


def _answer_line(chosen: _Choice, agreement: Agreement, local: LocalMedia) -> Media:
    maps = [found for found in (chosen.codec, chosen.events, chosen.noise) if found]
    lines = list(_sound_attributes(maps, local.ptime))
    if chosen.crypto:
        lines.append(("crypto", str(Crypto(chosen.crypto.tag, chosen.crypto.suite, local.key))))
    if agreement.rtcp_mux:
        lines.append(("rtcp-mux", None))
    lines.append((agreement.direction, None))
    formats = tuple(str(found.payload_type) for found in maps)
    return Media("audio", local.port, chosen.media.protocol, formats, tuple(lines))


def _sound_attributes(maps: list[RtpMap], ptime: int) -> Iterator[Attribute]:
    for found in maps:
        events = found.name == "TELEPHONE-EVENT"
        name = "telephone-event" if events else found.name
        yield "rtpmap", f"{found.payload_type} {name}/{found.rate}"
        if events:
            yield "fmtp", f"{found.payload_type} {_EVENT_RANGE}"
    yield "ptime", str(ptime)


def _session(local: LocalMedia, media: list[Media]) -> Session:
    return Session(tuple(media), local.address, (), local.session_id, local.version, local.address)


def _reachable(address: str | None, ours: str) -> bool:
    """Whether we can send there: a literal unicast address of our family, or the nobody of a hold."""
    try:
        theirs = ip_address(address or "")
        same = theirs.version == ip_address(ours).version
    except ValueError:
        return False
    return same and not theirs.is_multicast and str(theirs) != "255.255.255.255"


def _direction(session: Session, media: Media) -> Direction:
    """As they see it: of the line, else of the session, else both ways (RFC 8866 §6.7)."""
    for names in ({name for name, _ in media.attributes}, {name for name, _ in session.attributes}):
        for direction in _DIRECTIONS:
            if direction in names:
                return direction
    return "sendrecv"


def _ours(theirs: Direction, wanted: Direction, *, silent: bool) -> Direction:
    """Our direction: what we want as far as theirs lets us. silent: they gave no address to send to."""
    send = theirs in ("sendrecv", "recvonly") and wanted in ("sendrecv", "sendonly") and not silent
    receive = theirs in ("sendrecv", "sendonly") and wanted in ("sendrecv", "recvonly")
    return _WAYS[send, receive]


_WAYS: dict[tuple[bool, bool], Direction] = {
    (True, True): "sendrecv",
    (True, False): "sendonly",
    (False, True): "recvonly",
    (False, False): "inactive",
}


def _directed(line: Media, direction: Direction) -> Media:
    kept = tuple(attribute for attribute in line.attributes if attribute[0] not in _DIRECTIONS)
    return Media(line.kind, line.port, line.protocol, line.formats, (*kept, (direction, None)), line.address)


def _rtcp(media: Media, address: str) -> tuple[str, int] | None:
    """Where RTCP goes: `a=rtcp` (RFC 3605), else one port above."""
    if address in _NOBODY:
        return None
    words = (media.get("rtcp") or "").split()
    if words and words[0].isascii() and words[0].isdigit() and 0 < int(words[0][:6]) < 65536:
        named = words[3] if len(words) == 4 and _reachable(words[3], address) else address
        return named, int(words[0])
    return (address, media.port + 1) if media.port < 65535 else None


def _ptime(media: Media, local: LocalMedia) -> int:
    """Milliseconds a packet that they want: 10 to 60, in tens, no more than `maxptime`."""
    wanted = _milliseconds(media.get("ptime")) or local.ptime
    most = _milliseconds(media.get("maxptime")) or 60
    return max(10, min(wanted, most, 60) // 10 * 10)


def _milliseconds(text: str | None) -> int | None:
    whole = (text or "").partition(".")[0]
    return int(whole) if whole.isascii() and whole.isdigit() and len(whole) < 5 else None
