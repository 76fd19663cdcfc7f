"""Messages from and to bytes, and streams cut into messages."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sip.core.bodies import session_description
from sip.core.message import MAX_MESSAGE, Headers, Message, MessageError, Request, Response, encode, parse
from sip.core.stream import Cutter

HEAD = (
    "OPTIONS sip:x SIP/2.0",
    "Via: SIP/2.0/UDP h;branch=z9hG4bKa",
    "From: <sip:a@x>;tag=1",
    "To: <sip:b@x>",
    "Call-ID: c",
    "CSeq: 1 OPTIONS",
)


def message(*more: str, body: bytes = b"", head: tuple[str, ...] = HEAD) -> bytes:
    return "\r\n".join((*head, *more, "", "")).encode() + body


def request(data: bytes) -> Request:
    parsed = parse(data)
    assert isinstance(parsed, Request)
    return parsed


def test_what_is_encoded_is_read_the_same() -> None:
    headers = Headers([("Via", "SIP/2.0/TCP h"), ("From", "<sip:a@x>;tag=1"), ("To", "<sip:b@x>")])
    headers.add("Call-ID", "c")
    headers.add("CSeq", "7 INFO")
    headers.add("l", "999")  # never trusted
    body = bytes(range(256)) + "ä".encode()
    again = parse(encode(Request("INFO", "sip:b@x;lr", headers, body)))
    assert isinstance(again, Request)
    assert (again.method, again.uri, again.body) == ("INFO", "sip:b@x;lr", body)
    assert again.headers.all("Content-Length") == ["258"]
    response = parse(encode(Response(486, "Beschäftigt", headers)))
    assert isinstance(response, Response)
    assert (response.status, response.reason, response.body) == (486, "Beschäftigt", b"")


@pytest.mark.parametrize(
    "broken",
    [
        Request("BYE", "sip:x SIP/2.0\r\nRoute: <sip:evil>"),
        Request("A\nB", "sip:x"),
        Response(200, "OK\r\nX: y"),
    ],
)
def test_a_first_line_cannot_bring_headers(broken: Request | Response) -> None:
    with pytest.raises(ValueError, match="line break"):
        encode(broken)


def test_without_a_length_the_body_of_a_datagram_goes_to_its_end() -> None:
    assert request(message(body=b"abc")).body == b"abc"
    assert request(message("l: 2", body=b"abc")).body == b"ab"


def test_line_breaks_in_front_are_skipped_and_a_missing_hop_count_is_forgiven() -> None:
    assert request(b"\r\n\r\n" + message()).method == "OPTIONS"


def test_names_in_an_old_encoding_are_legible() -> None:
    data = message().replace(b"<sip:a@x>", b'"M\xfcller" <sip:a@x>')
    assert request(data).sender.display == "Müller"
    assert request(data.replace(b"\xfc", b"\xc3\xbc")).sender.display == "Müller"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (message(head=("OPTIONS sip:x SIP/3.0", *HEAD[1:])), 505),
        (message(head=("OPTIONS sip:x HTTP/1.1", *HEAD[1:])), 400),
        (message(head=("OPTIONS sip:x", *HEAD[1:])), 400),
        (message("To: <sip:c@x>"), 400),
        (message("Max-Forwards: -1"), 400),
        (message("Max-Forwards: 256"), 400),
        (message("Contact: <sip:a@x"), 400),
        (message("Contact: <sip:a@x>", "Contact: *"), 400),
        (message("Record-Route: <sip:a@x>, b"), 400),
        (message("Route: \x00"), 400),
        (message("Via: "), None),
        (message("no colon"), 400),
        (message("bad name: x"), 400),
        (message(": x"), 400),
        (message("X: a\rb"), 400),
        (message("X: a\nb"), 400),
        (message("l: 1"), 400),
        (message("l: x"), 400),
        (message("l: 99999999999999999999"), 400),
        (message("l: ٣", body=b"abc"), 400),
        (message("l: 0", "Content-Length: 0"), 400),
        (message(*(["X: y"] * 600)), 400),
        (message()[:-2], 400),
        (message(body=bytes(MAX_MESSAGE)), 513),
        *((message(head=HEAD[:i] + HEAD[i + 1 :]), 400) for i in range(1, 6)),
    ],
)
def test_broken_requests_get_their_status(data: bytes, status: int | None) -> None:
    if status is None:
        assert parse(data)
        return
    with pytest.raises(MessageError) as refusal:
        parse(data)
    assert refusal.value.status == status


@pytest.mark.parametrize("missing", ["Via", "CSeq"])
def test_an_error_is_not_answered_where_the_way_back_is_unknown(missing: str) -> None:
    head = tuple(line for line in HEAD if not line.startswith(missing))
    with pytest.raises(MessageError) as refusal:
        parse(message(head=head))
    assert refusal.value.request is None


def test_an_error_in_an_ack_is_never_answered() -> None:
    with pytest.raises(MessageError) as refusal:
        parse(message("To: twice").replace(b"OPTIONS", b"ACK"))
    assert refusal.value.request is None


@pytest.mark.parametrize(
    "line",
    ["SIP/2.0 99 x", "SIP/2.0 700 x", "SIP/2.0 2000 x", "SIP/2.0", "SIP/2.0 200OK", "SIP/2.0 200 O\nK"],
)
def test_broken_status_lines_are_dropped(line: str) -> None:
    with pytest.raises(MessageError) as refusal:
        parse(message(head=(line, *HEAD[1:])))
    assert refusal.value.request is None


def test_the_offer_is_found_among_other_parts() -> None:
    parts = (
        b"preamble\r\n--b\r\nContent-Type: application/isup;version=itu-t92+\r\n\r\n\x01\x02\r\n"
        b"--b\r\nContent-Type:\r\n application/SDP\r\n\r\nv=0\r\nc=IN IP4 192.0.2.1\r\n--b--\r\nm=ignored"
    )
    session = session_description(request(message('c: multipart/mixed;boundary="b"', body=parts)))
    assert session is not None
    assert (session.address, session.media) == ("192.0.2.1", ())


@pytest.mark.parametrize(
    "headers",
    [
        ("c: text/plain",),
        ("c: application/sdp", "e: gzip"),
        ("c: multipart/mixed",),
        ('c: application/sdp;x="', "e: gzip"),
        (),
    ],
)
def test_a_body_that_we_cannot_understand_is_refused(headers: tuple[str, ...]) -> None:
    with pytest.raises(MessageError) as refusal:
        session_description(request(message(*headers, body=b"x")))
    assert refusal.value.status in (400, 415)


def test_a_body_that_may_be_ignored_is_ignored() -> None:
    optional = message("c: text/plain", "Content-Disposition: render;handling=optional", body=b"x")
    assert session_description(request(optional)) is None
    assert session_description(request(message())) is None


# Bytes made of the words that the readers look for reach further than random ones.
words = st.sampled_from(
    [
        *(
            b"\r\n",
            b"\r\n ",
            b"\r\n\r\n",
            b":",
            b";",
            b",",
            b'"',
            b"\\",
            b"<",
            b">",
            b"=",
            b"@",
            b"%",
            b"[",
            b"]",
        ),
        *(b" ", b"\t", b"\0", b"\xff", b"\xc3\xa4", b"sip:", b"tel:+49", b"SIP/2.0", b"SIP/2.0 200 OK"),
        *(b"INVITE sip:a@x SIP/2.0\r\n", b"Via: SIP/2.0/UDP h\r\n", b"CSeq: 1 INVITE\r\n", b"Call-ID: c\r\n"),
        *(b"From: <sip:a@x>;tag=1\r\n", b"To: <sip:b@x>\r\n", b"Contact: ", b"Content-Length: ", b"l: 5\r\n"),
        *(b"m: *\r\n", b"Route: ", b"Max-Forwards: ", b"0", b"5", b"99999999999", b"-1", b"z9hG4bK"),
    ]
)
noise = st.one_of(st.binary(max_size=200), st.lists(words | st.binary(max_size=3), max_size=40).map(b"".join))


def outcome(data: bytes) -> Message | MessageError:
    try:
        return parse(data)
    except MessageError as error:
        return error


@settings(max_examples=1000)
@given(noise)
@example(message())
def test_no_bytes_raise_anything_but_a_message_error(data: bytes) -> None:
    read = outcome(data)
    if isinstance(read, MessageError):
        assert read.status in (400, 505)
        assert read.request is None or read.request.headers.get("Via")
        return
    assert read.via
    assert read.cseq
    assert parse(encode(read)).body == read.body


@settings(max_examples=500)
@given(st.integers(0, len(message("l: 0")) - 1), words | st.binary(max_size=3), st.integers(0, 3))
def test_a_message_with_one_place_changed_raises_nothing_else(place: int, piece: bytes, gone: int) -> None:
    data = message("l: 0")
    read = outcome(data[:place] + piece + data[place + gone :])
    assert not isinstance(read, MessageError) or read.status in (400, 505)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[begin:end] for begin, end in pairwise(places)]


@given(
    st.lists(st.tuples(st.binary(max_size=30), st.integers(0, 3)), min_size=1, max_size=5),
    st.lists(st.integers(0, 5000), max_size=30),
)
def test_a_stream_is_cut_alike_however_it_arrives(parts: list[tuple[bytes, int]], cuts: list[int]) -> None:
    whole = [message(f"Content-Length: {len(body)}", body=body) for body, _ in parts]
    stream = b"".join(b"\r\n\r\n" * pings + data for data, (_, pings) in zip(whole, parts, strict=True))
    cutter = Cutter()
    out: list[bytes] = []
    for piece in pieces(stream, cuts):
        out += cutter.feed(piece)
    assert out == whole
    assert cutter.pings == sum(pings for _, pings in parts)
    assert cutter.idle


def test_a_single_line_break_is_a_pong_and_no_ping() -> None:
    cutter = Cutter()
    data = message("l: 0")
    assert cutter.feed(b"\r\n" + data + b"\r\n" + data) == [data, data]
    assert cutter.pings == 0
    assert cutter.feed(b"\r") == cutter.feed(b"\n\r") == cutter.feed(b"\n") == []
    assert cutter.pings == 1
    assert cutter.idle


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (message(), 400),
        (message("l: x"), 400),
        (message("l: -1"), 400),
        (message("l: 1", "l: 1"), 400),
        (message("l: ²"), 400),
        (message("l: 65536"), 513),
        (message(f"l: {'9' * 5000}"), 400),
        (b"x" * (MAX_MESSAGE + 1), 513),
    ],
)
def test_a_stream_that_cannot_be_cut_is_given_up_after_what_was_whole(data: bytes, status: int) -> None:
    good = message("l: 0")
    cutter = Cutter()
    assert cutter.feed(good + data) == [good]
    assert cutter.error is not None
    assert cutter.error.status == status
    with pytest.raises(MessageError):
        cutter.feed(good)
    with pytest.raises(MessageError):
        Cutter().feed(data)


def test_a_folded_or_compact_length_is_found() -> None:
    for length in ("l:\r\n 3", "Content-Length  :3", "CONTENT-LENGTH:\r\n\t\r\n 3"):
        data = message(length, body=b"abc")
        assert Cutter().feed(data) == [data]


@settings(max_examples=500)
@given(st.lists(noise, max_size=10))
def test_no_stream_raises_anything_but_a_message_error(chunks: list[bytes]) -> None:
    cutter = Cutter(limit=500)
    for chunk in chunks:
        with suppress(MessageError):
            cutter.feed(chunk)
        assert len(cutter._buffer) <= 500 + len(chunk) + 4


def test_work_grows_no_faster_than_the_input() -> None:
    """Counts what the scanners look at, not seconds: one byte at a time may not rescan what was seen."""
    cutter = Cutter()
    head = message("X: " + "y" * 20_000, "l: 20000")
    looked = 0

    class Counting(bytearray):
        def find(self, sub: bytes, start: int = 0) -> int:  # type: ignore[override]
            nonlocal looked
            looked += len(self) - start
            return super().find(sub, start)

    cutter._buffer = Counting()
    stream = head + bytes(20_000)
    out = [whole for byte in stream for whole in cutter.feed(bytes([byte]))]
    assert out == [stream]
    assert looked < 5 * len(stream)
