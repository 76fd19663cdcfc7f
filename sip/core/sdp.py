"""Session descriptions (RFC 4566, RFC 8866): read with patience, written by the book.

The reader takes bare line feeds, missing `s=`, `t=` and `o=`, and unknown lines; the writer's sessions are
`v o s c t a* m…` in the RFC's order, with `o=- <random> <version>` and `s=-`, so that they tell nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from ipaddress import ip_address

from sip.core.parsing import MessageError, decode

__all__ = ["Attribute", "Media", "RtpMap", "Session", "parse"]

Attribute = tuple[str, str | None]
"""`a=name:value`, or `a=name` with None."""

_MAX_LINES = 1000
_MAX_MEDIA = 32
_MEDIA = re.compile(
    r"([A-Za-z0-9.+\-]+) +([0-9]{1,5})(?:/([0-9]{1,5}))? +([A-Za-z0-9/.+\-]+)((?: +[^ ]+)*) *"
)
_ADDRESS = re.compile(r"IN +IP[46] +([^ /]{1,255})(?:/[0-9/]+)? *", re.IGNORECASE)
_ORIGIN = re.compile(r"[^ ]+ +([0-9]{1,20}) +([0-9]{1,20}) +IN +IP[46] +([^ ]{1,255}) *", re.IGNORECASE)
_RTPMAP = re.compile(r"([0-9]{1,3}) +([A-Za-z0-9.+_\-]+) */ *([0-9]{1,6})(?: */ *([0-9]{1,2}))? *")


@dataclass(frozen=True, slots=True)
class RtpMap:
    """What a payload type stands for. name: upper case; rate: of the RTP clock."""

    payload_type: int
    name: str
    rate: int
    channels: int = 1


# RFC 3551 §6, those that a telephone may send without rtpmap and that we can tell apart
_STATIC = {
    0: RtpMap(0, "PCMU", 8000),
    3: RtpMap(3, "GSM", 8000),
    4: RtpMap(4, "G723", 8000),
    8: RtpMap(8, "PCMA", 8000),
    9: RtpMap(9, "G722", 8000),
    13: RtpMap(13, "CN", 8000),
    15: RtpMap(15, "G728", 8000),
    18: RtpMap(18, "G729", 8000),
}


@dataclass(frozen=True, slots=True, repr=False)
class Media:
    """One `m=` line with what belongs to it. port 0: refused or stopped. address: of its own `c=`, if any."""

    kind: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    attributes: tuple[Attribute, ...] = ()
    address: str | None = None

    def get(self, name: str) -> str | None:
        """Value of the first attribute of this name; "" for one without value, None without one."""
        return _first(self.attributes, name)

    def all(self, name: str) -> list[str]:
        """Values of all attributes of this name, in order."""
        return [value or "" for found, value in self.attributes if found == name]

    @property
    def maps(self) -> list[RtpMap]:
        """The formats in the order of the line, as far as `rtpmap` or RFC 3551 says what they are."""
        told: dict[int, RtpMap] = {}
        for text in self.all("rtpmap"):
            if match := _RTPMAP.fullmatch(text):
                number, name, rate, channels = match.groups()
                told.setdefault(int(number), RtpMap(int(number), name.upper(), int(rate), int(channels or 1)))
        numbers = (int(text) for text in self.formats if text.isascii() and text.isdigit() and len(text) < 4)
        known = (told.get(number) or _STATIC.get(number) for number in numbers if number < 128)
        return [found for found in known if found is not None]

    def refused(self) -> Media:
        """The same line with port 0: an answer that declines it (RFC 3264 §6)."""
        return Media(self.kind, 0, self.protocol, self.formats)

    def __repr__(self) -> str:
        return f"<Media {self.kind}>"  # addresses and keys stay out of tracebacks


@dataclass(frozen=True, slots=True, repr=False)
class Session:
    """A whole description. address: of the session's `c=`, None without. id, version, origin: of `o=`."""

    media: tuple[Media, ...] = ()
    address: str | None = None
    attributes: tuple[Attribute, ...] = ()
    id: int = 0
    version: int = 0
    origin: str = ""

    def get(self, name: str) -> str | None:
        """Value of the session's first attribute of this name, as `Media.get`."""
        return _first(self.attributes, name)

    def address_of(self, media: Media) -> str | None:
        """Where this medium lives: its own `c=` or the session's."""
        return media.address or self.address

    def encode(self) -> bytes:
        """As the body of a message, `application/sdp`."""
        return "".join(f"{line}\r\n" for line in self._lines()).encode()

    def _lines(self) -> Iterator[str]:
        origin = self.origin or self.address or "0.0.0.0"  # noqa: S104 - a placeholder in text, no socket
        yield "v=0"
        yield f"o=- {self.id} {self.version} IN {_typed(origin)}"
        yield "s=-"
        if self.address is not None:
            yield f"c=IN {_typed(self.address)}"
        yield "t=0 0"
        yield from map(_attribute, self.attributes)
        for media in self.media:
            yield f"m={media.kind} {media.port} {media.protocol} {' '.join(media.formats)}"
            if media.address is not None:
                yield f"c=IN {_typed(media.address)}"
            yield from map(_attribute, media.attributes)

    def __repr__(self) -> str:
        return f"<Session: {len(self.media)} media>"


def parse(data: bytes) -> Session:
    """Read a description. Raises MessageError (400) and nothing else."""
    lines = [line.rstrip() for line in decode(data).replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    lines = [line for line in lines if line]
    if not lines or len(lines) > _MAX_LINES:
        raise MessageError(400, "Malformed Session Description")
    draft = _Draft()
    for line in lines:
        kind, equals, value = line.partition("=")
        if not equals or len(kind) != 1:
            raise MessageError(400, "Malformed Session Description")
        read = _READERS.get(kind)
        if read is not None:
            read(draft, value.lstrip(" "))
    return draft.session()


@dataclass(slots=True)
class _Draft:
    """A description while its lines are read; `c=` and `a=` belong to the last `m=`."""

    heads: list[Media] = field(default_factory=list)
    attributes: list[list[Attribute]] = field(default_factory=lambda: [[]])
    addresses: list[str | None] = field(default_factory=lambda: [None])
    origin: tuple[int, int, str] = (0, 0, "")

    def session(self) -> Session:
        media = (
            replace(head, attributes=tuple(attributes), address=address)
            for head, attributes, address in zip(
                self.heads, self.attributes[1:], self.addresses[1:], strict=True
            )
        )
        return Session(tuple(media), self.addresses[0], tuple(self.attributes[0]), *self.origin)


def _read_version(draft: _Draft, value: str) -> None:
    if value.strip() != "0":
        raise MessageError(400, "Unknown Version of SDP")


def _read_origin(draft: _Draft, value: str) -> None:
    if match := _ORIGIN.fullmatch(value):
        draft.origin = int(match[1]), int(match[2]), match[3]


def _read_connection(draft: _Draft, value: str) -> None:
    match = _ADDRESS.fullmatch(value)
    if match is None:
        raise MessageError(400, "Malformed Connection Line")
    if draft.addresses[-1] is None:  # several are for layered multicast (RFC 8866 §5.7)
        draft.addresses[-1] = _tidy(match[1])


def _read_attribute(draft: _Draft, value: str) -> None:
    name, colon, text = value.partition(":")
    draft.attributes[-1].append((name.strip().lower(), text.strip() if colon else None))


def _read_media(draft: _Draft, value: str) -> None:
    match = _MEDIA.fullmatch(value)
    if match is None or int(match[2]) > 65535 or len(draft.heads) >= _MAX_MEDIA:
        raise MessageError(400, "Malformed Media Line")
    draft.heads.append(Media(match[1].lower(), int(match[2]), match[4], tuple(match[5].split())))
    draft.attributes.append([])
    draft.addresses.append(None)


_READERS = {
    "v": _read_version,
    "o": _read_origin,
    "c": _read_connection,
    "a": _read_attribute,
    "m": _read_media,
}


def _first(attributes: Iterable[Attribute], name: str) -> str | None:
    return next((value or "" for found, value in attributes if found == name), None)


def _attribute(attribute: Attribute) -> str:
    name, value = attribute
    return f"a={name}" if value is None else f"a={name}:{value}"


def _tidy(address: str) -> str:
    """A literal address in its one form, anything else as it is."""
    try:
        return str(ip_address(address.strip("[]")))
    except ValueError:
        return address


def _typed(address: str) -> str:
    return f"IP6 {address}" if ":" in address else f"IP4 {address}"
