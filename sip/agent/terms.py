"""What settings and an INVITE say of a call: over which trunk, on what terms, who is called as whom."""

from __future__ import annotations

import re
from collections.abc import Iterable

from onmeet.phone.settings import PhoneSettings, Trunk
from sip.core.message import Request
from sip.core.session_effects import Terms
from sip.core.session_outgoing import Called
from sip.core.uri import NameAddr, Uri
from sip.interface import CodecName

__all__ = ["called", "dialled", "licence", "terms", "trunk_of"]

MAX_LICENCE = 200
_NUMBER = re.compile(r"\+?[0-9*#]+")
_CODECS: dict[str, CodecName] = {"G722": "G722", "PCMA": "PCMA", "PCMU": "PCMU"}


def terms(trunk: Trunk | None, remote: str, *, secure: bool = False) -> Terms:
    """The terms of a call.

    remote: IP address of its signalling, whence its media may come as well: behind a NAT no other is true.
    secure: whether a softphone calls over TLS, so that the keys of its sound may be in its offer (RFC 4568).
    """
    if trunk is None:
        return Terms(srtp="offer" if secure else "off", sources=(remote,))
    alone = [str(network.network_address) for network in trunk.allow if network.num_addresses == 1]
    return Terms(
        codecs=tuple(_CODECS[name] for name in trunk.codecs if name in _CODECS),
        srtp=trunk.srtp,
        session_expires=trunk.session_expires,
        user=trunk.auth_user or trunk.user,
        password=trunk.password,
        sources=tuple(dict.fromkeys([remote, *alone])),
    )


def called(number: str, trunk: Trunk, settings: PhoneSettings, routes: tuple[str, ...]) -> Called:
    """Whom we call over a trunk, and as whom: with the number shown that the operator set (RFC 3325 §9.2)."""
    dial_out = settings.dial_out
    shown = dial_out.from_number if dial_out is not None and dial_out.trunk == trunk.name else ""
    domain = trunk.from_domain or trunk.host
    sender = NameAddr(uri=Uri("sip", trunk.from_user or trunk.user or shown, domain))
    extra = (("P-Preferred-Identity", f"<{Uri('sip', shown, domain)}>"),) if shown else ()
    return Called(Uri("sip", number, trunk.host), sender, routes, extra)


def trunk_of(invite: Request, names: Iterable[str], settings: PhoneSettings) -> Trunk | None:
    """Over which trunk a call comes; of several that share their addresses, the one that it names."""
    candidates = [trunk for name in names if (trunk := settings.trunk(name)) is not None]
    if len(candidates) < 2:
        return candidates[0] if candidates else None
    called_as = {Uri.parse(invite.uri).number, invite.to.uri.number}
    for trunk in candidates:
        own = [number for number in settings.numbers if number.trunk == trunk.name]
        if trunk.user in called_as or any(settings.dial_in(one, trunk.name) in own for one in called_as):
            return trunk
    return candidates[0]


def dialled(uri: Uri) -> str:
    """The user part of a request URI; of a number without its separators."""
    return uri.number if uri.scheme == "tel" or _NUMBER.fullmatch(uri.number) else uri.user


def licence(invite: Request, trunk: Trunk | None) -> str:
    """What a trunk says of its licence, in the header that its settings name."""
    value = invite.headers.get(trunk.licence_header) if trunk and trunk.licence_header else None
    return "".join(character for character in value or "" if character.isprintable())[:MAX_LICENCE]
