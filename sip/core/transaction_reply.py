"""Responses to a request (RFC 3261 §8.2.6): which headers are copied, and the words behind the numbers."""

from __future__ import annotations

from sip.core.message import Headers, MessageError, Request, Response

__all__ = ["PRODUCT", "REASONS", "reply"]

PRODUCT = "OnMeet"
"""All that we say about ourselves in User-Agent and Server: no version."""

REASONS = {
    100: "Trying",
    180: "Ringing",
    181: "Call Is Being Forwarded",
    183: "Session Progress",
    200: "OK",
    202: "Accepted",
    302: "Moved Temporarily",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    410: "Gone",
    413: "Request Entity Too Large",
    415: "Unsupported Media Type",
    416: "Unsupported URI Scheme",
    420: "Bad Extension",
    422: "Session Interval Too Small",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    483: "Too Many Hops",
    484: "Address Incomplete",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    489: "Bad Event",
    491: "Request Pending",
    500: "Server Internal Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    504: "Server Time-out",
    505: "Version Not Supported",
    513: "Message Too Large",
    600: "Busy Everywhere",
    603: "Decline",
    606: "Not Acceptable",
}

_CLASSES = {1: "Trying", 2: "OK", 3: "Moved", 4: "Request Failure", 5: "Server Failure", 6: "Global Failure"}


def reply(request: Request, status: int, *, tag: str = "", reason: str = "") -> Response:
    """A response with Via, From, To, Call-ID, CSeq; Record-Route where it may begin a dialog (§12.1.1).

    tag: put into To unless there is one already. Works with requests that are only partly legible.
    """
    headers = Headers()
    for via in request.headers.all("Via"):
        headers.add("Via", via)
    if request.method == "INVITE" and 100 < status < 300:
        for route in request.headers.all("Record-Route"):
            headers.add("Record-Route", route)
    for name in ("From", "To", "Call-ID", "CSeq"):
        value = request.headers.get(name)
        if value is not None:
            headers.add(name, _tagged(request, tag) or value if name == "To" and status > 100 else value)
    if status == 100 and (stamp := request.headers.get("Timestamp")) is not None:
        headers.add("Timestamp", stamp)  # RFC 3261 §8.2.6.1
    if status > 100:
        headers.add("Server", PRODUCT)
    return Response(status, reason or REASONS.get(status) or _CLASSES[status // 100], headers)


def _tagged(request: Request, tag: str) -> str:
    try:
        to = request.to
    except MessageError:
        return ""
    return str(to.with_tag(tag)) if tag and not to.tag else ""
