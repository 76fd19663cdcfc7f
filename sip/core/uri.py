"""SIP, SIPS and tel URIs (RFC 3261 §19, RFC 3966), and the name-addr of From, To, Contact, Route … (§20).

Fields hold meanings: escapes are resolved. What was parsed is written as it came, byte for byte, so that a
remote target or a route goes back unchanged; `dataclasses.replace` makes a value that is written anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv6Address
from urllib.parse import quote as escape
from urllib.parse import unquote_to_bytes

from sip.core.parsing import MessageError, Params, decode, params, quote, unquote, write_params

__all__ = ["NameAddr", "Uri", "host_port", "write_host"]

# What may stand unescaped (RFC 3261 §25.1); letters, digits and `_.-~` always may.
_MARK = "!*'()"
_USER = _MARK + "&=+$,;?/"
_PASSWORD = _MARK + "&=+$,"
_PARAM = _MARK + "[]/:&+$"
_HEADER = _MARK + "[]/?:+$"

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f<>\"]")
_ESCAPES = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9._\-]{1,255}))(?:[ \t]*:[ \t]*([0-9]{1,5}))?")
_SEPARATORS = re.compile(r"[-.()]")  # RFC 3966 §3, visual separators
_TEL = re.compile(r"\+?[0-9A-Fa-f*#\-.()]+")
_MUST_MATCH = ("user", "ttl", "method", "maddr", "transport")  # RFC 3261 §19.1.4: never ignored


def host_port(text: str) -> tuple[str, int | None]:
    """Read `host`, `host:port` or `[IPv6]:port`; the brackets are taken off. Raises MessageError."""
    match = _HOST.fullmatch(text)
    if match is None:
        raise MessageError(400, "Malformed Host")
    six, name, port = match.groups()
    if six is not None:
        try:
            IPv6Address(six)
        except ValueError:
            raise MessageError(400, "Malformed IPv6 Address") from None
    if port is not None and int(port) > 65535:
        raise MessageError(400, "Malformed Port")
    return six or name, int(port) if port is not None else None


def write_host(host: str, port: int | None = None) -> str:
    """The opposite of `host_port`: an IPv6 address gets its brackets."""
    name = f"[{host}]" if ":" in host else host
    return name if port is None else f"{name}:{port}"


@dataclass(frozen=True, slots=True, eq=False)
class Uri:
    """A URI. Equality is that of RFC 3261 §19.1.4 (which is not transitive).

    scheme: lower case. user: of sip and sips, "" without; the number of tel, as written. host: without
    brackets. params, headers: names in lower case. opaque: what follows an unknown scheme.
    """

    scheme: str = "sip"
    user: str = ""
    host: str = ""
    port: int | None = None
    params: Mapping[str, str | None] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    password: str | None = None
    opaque: str = ""
    _wire: str | None = field(default=None, init=False, repr=False)

    @classmethod
    def parse(cls, text: str) -> Uri:
        """Read one URI. Raises MessageError (400) when it is malformed; any unknown scheme is let through."""
        scheme, colon, rest = text.partition(":")
        if not colon or not _SCHEME.fullmatch(scheme) or _FORBIDDEN.search(text):
            raise MessageError(400, "Malformed URI")
        scheme = scheme.lower()
        read = {"sip": _read_sip, "sips": _read_sip, "tel": _read_tel}.get(scheme, _read_other)
        uri = read(scheme, rest)
        object.__setattr__(uri, "_wire", text)
        return uri

    @property
    def secure(self) -> bool:
        """Whether TLS is asked for: sips, or transport=tls."""
        return self.scheme == "sips" or (self.params.get("transport") or "").lower() == "tls"

    @property
    def number(self) -> str:
        """The user part as a telephone number: without its parameters and visual separators."""
        return _SEPARATORS.sub("", self.user.partition(";")[0])

    def bare(self) -> Uri:
        """Fit for a request line (§19.1.1): without headers and the method parameter."""
        if not self.headers and "method" not in self.params:
            return self
        kept = {name: value for name, value in self.params.items() if name != "method"}
        return replace(self, params=kept, headers={})

    def __str__(self) -> str:
        if self._wire is not None:
            return self._wire
        tail = _write_uri_params(self.params)
        if self.scheme == "tel":
            return f"tel:{self.user}{tail}"
        if self.scheme not in ("sip", "sips"):
            return f"{self.scheme}:{self.opaque}"
        secret = "" if self.password is None else ":" + escape(self.password, _PASSWORD)
        user = f"{escape(self.user, _USER)}{secret}@" if self.user or secret else ""
        headers = "&".join(f"{escape(k, _HEADER)}={escape(v, _HEADER)}" for k, v in self.headers.items())
        query = f"?{headers}" if headers else ""
        return f"{self.scheme}:{user}{write_host(self.host, self.port)}{tail}{query}"

    def __repr__(self) -> str:
        return f"<Uri {self.scheme}>"  # a repr ends up in tracebacks; numbers must not

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Uri):
            return NotImplemented
        if self._core() != other._core() or self.headers != other.headers:
            return False
        both = {*self.params} & {*other.params}
        return all(_same(self.params[name], other.params[name]) for name in both) and all(
            (name in self.params) == (name in other.params) for name in _MUST_MATCH
        )

    def __hash__(self) -> int:
        return hash(self._core())

    def _core(self) -> tuple[str, str, str | None, str, int | None, str]:
        user = self.number.lower() if self.scheme == "tel" else self.user
        return self.scheme, user, self.password, self.host.lower(), self.port, self.opaque


@dataclass(frozen=True, slots=True)
class NameAddr:
    """`"Display" <uri>;params`: what From, To, Contact, Route, P-Asserted-Identity … hold.

    display: unquoted, "" without. params: of the header, not of the URI.
    """

    display: str = ""
    uri: Uri = field(default_factory=Uri)
    params: Mapping[str, str | None] = field(default_factory=dict)
    _wire: str | None = field(default=None, init=False, repr=False, compare=False)

    @classmethod
    def parse(cls, text: str) -> NameAddr:
        """Read one value. Raises MessageError (400). Without angle brackets parameters are the header's."""
        text = text.strip()
        match = _BRACKETS.match(text)
        if match is not None:
            quoted, plain, inner, rest = match.groups()
            display = unquote(quoted) if quoted is not None else " ".join((plain or "").split())
        else:
            inner, semicolon, rest = text.partition(";")
            inner, rest, display = inner.rstrip(), semicolon + rest, ""
            if "?" in inner or "," in inner:  # RFC 3261 §20: these want brackets
                raise MessageError(400, "Address Needs Angle Brackets")
        rest = rest.strip()
        if rest and not rest.startswith(";"):
            raise MessageError(400, "Malformed Address")
        value = cls(display, Uri.parse(inner), params(rest))
        object.__setattr__(value, "_wire", text)
        return value

    @property
    def tag(self) -> str | None:
        """The tag of From or To."""
        return self.params.get("tag")

    def with_tag(self, tag: str) -> NameAddr:
        """The same with this tag; written anew unless it had it already."""
        return self if self.tag == tag else replace(self, params={**self.params, "tag": tag})

    def __str__(self) -> str:
        if self._wire is not None:
            return self._wire
        name = f"{quote(self.display)} " if self.display else ""
        return f"{name}<{self.uri}>{write_params(self.params)}"

    def __repr__(self) -> str:
        return "<NameAddr>"  # names and numbers stay out of tracebacks


_BRACKETS = re.compile(
    r'(?:("(?:[^"\\]|\\.)*")[ \t]*|([^"<>,;\\\x00-\x08\x0a-\x1f\x7f]*))<([^<>]*)>(.*)', re.DOTALL
)


def _read_sip(scheme: str, rest: str) -> Uri:
    before, at, after = rest.partition("@")
    userinfo, place = (before, after) if at else ("", rest)
    if at and not userinfo:
        raise MessageError(400, "Empty User")
    user, colon, password = userinfo.partition(":")
    place, _, query = place.partition("?")
    place, _, tail = place.partition(";")
    host, port = host_port(place)
    return Uri(
        scheme,
        _unescape(user),
        host,
        port,
        _read_uri_params(tail),
        _read_headers(query),
        _unescape(password) if colon else None,
    )


def _read_tel(scheme: str, rest: str) -> Uri:
    number, _, tail = rest.partition(";")
    if not _TEL.fullmatch(number):
        raise MessageError(400, "Malformed Number")
    return Uri(scheme, number, params=_read_uri_params(tail))


def _read_other(scheme: str, rest: str) -> Uri:
    return Uri(scheme, opaque=rest)


def _read_uri_params(text: str) -> Params:
    """`a=b;c` of a URI: escaped, never quoted; the first of two counts, one `;` at the end is forgiven."""
    found: Params = {}
    for part in text.removesuffix(";").split(";") if text else ():
        name, equals, value = part.partition("=")
        if not name:
            raise MessageError(400, "Malformed URI Parameter")
        found.setdefault(_unescape(name).lower(), _unescape(value) if equals else None)
    return found


def _write_uri_params(values: Mapping[str, str | None]) -> str:
    return "".join(
        ";" + escape(name, _PARAM) + ("" if value is None else "=" + escape(value, _PARAM))
        for name, value in values.items()
    )


def _read_headers(query: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in query.split("&") if part)
    return {_unescape(name).lower(): _unescape(value) for name, _, value in pairs}


def _unescape(text: str) -> str:
    if "%" not in text:
        return text
    if _ESCAPES.search(text):
        raise MessageError(400, "Malformed Escape")
    return decode(unquote_to_bytes(text))


def _same(one: str | None, other: str | None) -> bool:
    return (one or "").lower() == (other or "").lower()
