"""Dialogs (RFC 3261 §12): what two user agents know of each other, and how requests inside are made.

dialog = Dialog.of_callee(invite, tag, contact)       # we were called
dialog = Dialog.of_caller(invite, response, contact)  # we called, and this is one of the answers
request = dialog.request("BYE")                       # CSeq counted, routes set; Via is added on sending
dialog.hop                                            # the URI to which it is sent
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace

from sip.core.message import Headers, MessageError, Request, Response
from sip.core.uri import NameAddr, Uri

__all__ = ["MAX_ROUTES", "Dialog", "DialogId", "DialogRefused", "dialog_id"]

MAX_ROUTES = 20  # a route set longer than this is not a telephone network's
DialogId = tuple[str, str, str]
"""Call-ID, our tag, their tag."""


class DialogRefused(ValueError):
    """The message cannot make a dialog, or does not fit into this one; `status` is the answer to give."""

    def __init__(self, status: int) -> None:
        super().__init__(f"answered with {status}")
        self.status = status


def dialog_id(request: Request) -> DialogId:
    """Of which dialog a request is that came to us. Raises `MessageError`."""
    return request.call_id, request.to.tag or "", request.sender.tag or ""


@dataclass(slots=True)
class Dialog:
    """One dialog. `local` and `remote` are From and To values with their tags, as they are sent."""

    call_id: str
    local: str
    remote: str
    local_tag: str
    remote_tag: str
    local_seq: int
    remote_seq: int | None
    target: Uri
    contact: str
    routes: list[NameAddr] = field(default_factory=list)

    @classmethod
    def of_callee(cls, invite: Request, tag: str, contact: str) -> Dialog:
        """As the side that was called (§12.1.1). Raises `DialogRefused` (400)."""
        return cls(
            call_id=invite.call_id,
            local=str(invite.to.with_tag(tag)),
            remote=str(invite.sender),
            local_tag=tag,
            remote_tag=invite.sender.tag or "",
            local_seq=0,
            remote_seq=invite.cseq.number,
            target=_contact(invite),
            contact=contact,
            routes=_routes(invite),
        )

    @classmethod
    def of_caller(cls, invite: Request, response: Response, contact: str) -> Dialog:
        """As the side that called (§12.1.2). Raises `DialogRefused` (400) for an unusable answer."""
        return cls(
            call_id=invite.call_id,
            local=str(invite.sender),
            remote=str(response.to),
            local_tag=invite.sender.tag or "",
            remote_tag=response.to.tag or "",
            local_seq=invite.cseq.number,
            remote_seq=None,
            target=_contact(response),
            contact=contact,
            routes=_routes(response)[::-1],
        )

    @property
    def id(self) -> DialogId:
        """Call-ID, our tag, their tag."""
        return self.call_id, self.local_tag, self.remote_tag

    @property
    def hop(self) -> Uri:
        """Where requests are sent (§8.1.2): the first route, or the remote target."""
        return self.routes[0].uri if self.routes else self.target

    def request(self, method: str, *, seq: int | None = None) -> Request:
        """A request inside the dialog (§12.2.1.1). seq: of ACK, that of its INVITE; None counts one up."""
        if seq is None:
            self.local_seq += 1
            seq = self.local_seq
        routes = [str(route) for route in self.routes]
        uri = str(self.target)
        if routes and "lr" not in self.routes[0].uri.params:  # a strict router (RFC 2543)
            routes = [*routes[1:], f"<{uri}>"]
            uri = str(replace(self.routes[0].uri, headers={}))
        headers = Headers()
        headers.add("Max-Forwards", "70")
        for route in routes:
            headers.add("Route", route)
        headers.add("From", self.local)
        headers.add("To", self.remote)
        headers.add("Call-ID", self.call_id)
        headers.add("CSeq", f"{seq} {method}")
        return Request(method, uri, headers)

    def accept(self, request: Request) -> None:
        """Note the CSeq of a request inside (§12.2.2). Raises `DialogRefused` (500): out of order."""
        seq = request.cseq.number
        if self.remote_seq is not None and seq <= self.remote_seq:
            raise DialogRefused(500)
        self.remote_seq = seq

    def confirm(self, response: Response) -> None:
        """Take over target and routes of the 2xx that confirms an early dialog (§13.2.2.4)."""
        self.refresh(response)
        with suppress(DialogRefused):
            self.routes = _routes(response)[::-1]

    def refresh(self, message: Request | Response) -> None:
        """Take over a new remote target (§12.2); a missing or bad one changes nothing."""
        with suppress(DialogRefused):
            self.target = _contact(message)


def _contact(message: Request | Response) -> Uri:
    contacts = message.headers.all("Contact")
    try:
        if len(contacts) == 1:
            uri = NameAddr.parse(contacts[0]).uri
            if uri.scheme in {"sip", "sips"} and uri.host:
                return uri
    except MessageError:
        pass
    raise DialogRefused(400)


def _routes(message: Request | Response) -> list[NameAddr]:
    values = message.headers.all("Record-Route")
    if len(values) > MAX_ROUTES:
        raise DialogRefused(400)
    try:
        return [NameAddr.parse(value) for value in values]
    except MessageError:
        raise DialogRefused(400) from None
