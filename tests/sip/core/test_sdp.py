"""Session descriptions: a patient reader, a strict writer."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sip.core.crypto_lines import Crypto, usable
from sip.core.message import MessageError
from sip.core.sdp import Media, RtpMap, Session, parse

OFFERS = sorted((Path(__file__).parent / "offers").glob("*.sdp"))
KEY = "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkw"
SUITE = "AES_CM_128_HMAC_SHA1_80"


@pytest.mark.parametrize("path", OFFERS, ids=lambda path: path.stem)
def test_what_was_read_is_written_with_the_same_meaning(path: Path) -> None:
    session = parse(path.read_bytes())
    assert parse(session.encode()) == session


@pytest.mark.parametrize("path", OFFERS, ids=lambda path: path.stem)
def test_all_line_ends_are_read(path: Path) -> None:
    text = path.read_bytes()
    assert parse(text.replace(b"\n", b"\r\n")) == parse(text) == parse(text.replace(b"\n", b"\r"))


def test_the_written_order_and_form() -> None:
    media = Media("audio", 4000, "RTP/AVP", ("8",), (("ptime", "20"), ("sendrecv", None)), "192.0.2.2")
    session = Session((media,), "2001:db8::1", (("x", None),), 7, 8, "192.0.2.1")
    assert session.encode() == (
        b"v=0\r\no=- 7 8 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP6 2001:db8::1\r\nt=0 0\r\na=x\r\n"
        b"m=audio 4000 RTP/AVP 8\r\nc=IN IP4 192.0.2.2\r\na=ptime:20\r\na=sendrecv\r\n"
    )


def test_what_lacks_and_what_is_unknown_is_forgiven() -> None:
    session = parse(
        b"v=0\ni=x\nk=clear:y\nz=0 0\nb=AS:1\nm=audio 4000/2 rtp/avp 0 \na=Sendonly\na= ptime : 30\nq=?\n"
    )
    assert session.address is None
    media = session.media[0]
    assert (media.port, media.protocol, media.formats) == (4000, "rtp/avp", ("0",))
    assert media.get("sendonly") == ""
    assert media.get("ptime") == "30"
    assert media.get("crypto") is None


def test_addresses_of_lines_come_before_those_of_the_session() -> None:
    session = parse(
        b"v=0\nc=IN IP4 192.0.2.1\nm=audio 1 RTP/AVP 0\nc=IN IP6 2001:DB8:0::2\nm=audio 3 RTP/AVP 0\n"
        b"m=audio 5 RTP/AVP 0\nc=IN IP4 224.2.1.1/127/3\nc=IN IP4 192.0.2.9\n"
    )
    assert [session.address_of(media) for media in session.media] == ["2001:db8::2", "192.0.2.1", "224.2.1.1"]


def test_payload_types_by_rtpmap_and_by_rfc_3551() -> None:
    media = parse(
        b"v=0\nm=audio 1 RTP/AVP 0 8 9 13 18 96 97 8x 200 98\n"
        b"a=rtpmap:8 L16/44100/2\na=rtpmap:96 pcma/8000\na=rtpmap:96 PCMU/8000\na=rtpmap:98 x\na=rtpmap:0\n"
    ).media[0]
    assert media.maps == [
        RtpMap(0, "PCMU", 8000),
        RtpMap(8, "L16", 44100, 2),
        RtpMap(9, "G722", 8000),
        RtpMap(13, "CN", 8000),
        RtpMap(18, "G729", 8000),
        RtpMap(96, "PCMA", 8000),
    ]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "\r\n",
            "hello",
            "v=1\n",
            "v=0\nx\n",
            "v=0\nab=c\n",
            "v=0\n=c\n",
            "v=0\nm=audio\n",
            "v=0\nm=audio x RTP/AVP 0",
        ),
        *(
            "v=0\nm=audio 65536 RTP/AVP 0",
            "v=0\nm=audio -1 RTP/AVP 0",
            "v=0\nm=audio ٣ RTP/AVP 0",
            "v=0\nc=IN IP4",
        ),
        *("v=0\nc=IN IP5 x", "v=0\nc=x", "v=0\n" + "m=audio 1 RTP/AVP 0\n" * 40, "v=0\n" + "a=x\n" * 2000),
    ],
)
def test_malformed_descriptions_are_refused(text: str) -> None:
    with pytest.raises(MessageError) as refusal:
        parse(text.encode())
    assert refusal.value.status == 400


words = st.sampled_from(
    [
        *(
            b"v=0\r\n",
            b"o=- 1 1 IN IP4 x\n",
            b"c=IN IP4 ",
            b"192.0.2.1",
            b"m=audio ",
            b"RTP/AVP ",
            b"a=rtpmap:",
        ),
        *(
            b"8 PCMA/8000",
            b"a=crypto:1 ",
            b"inline:",
            b"|",
            b"a=",
            b"\n",
            b"\r\n",
            b" ",
            b"/",
            b":",
            b"0",
            b"65536",
        ),
        *(b"9" * 30, b"\xff", b"\0", "²".encode()),
    ]
)


@settings(max_examples=500)
@given(st.binary(max_size=200) | st.lists(words, max_size=30).map(b"".join))
def test_no_bytes_raise_anything_but_a_message_error(data: bytes) -> None:
    with suppress(MessageError):
        session = parse(data)
        maps = [media.maps for media in session.media]
        assert len(maps) == len(session.media)
        assert [media.kind for media in parse(session.encode()).media] == [
            media.kind for media in session.media
        ]


@pytest.mark.parametrize(
    "text",
    [
        f"1 {SUITE} inline:{KEY}",
        f"1 {SUITE.lower()} inline:{KEY}|2^31",
        f"1 {SUITE} inline:{KEY}|1048576",
        f"1  {SUITE}\tINLINE:{KEY} WSH=64",
    ],
)
def test_keys_with_a_lifetime_or_a_window_are_usable(text: str) -> None:
    crypto = Crypto.parse(text)
    assert crypto is not None
    assert (crypto.tag, crypto.suite, crypto.key) == (1, SUITE, b"123456789012345678901234567890")
    assert str(crypto) == f"1 {SUITE} inline:{KEY}"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "x",
            f"1 {SUITE}",
            f"1 {SUITE} {KEY}",
            f"x {SUITE} inline:{KEY}",
            f"1 {SUITE} inline:{KEY[:-4]}",
        ),
        *(f"1 {SUITE} inline:{KEY}AAAA", f"1 {SUITE} inline:{KEY[:-1]}!", f"1 {SUITE} inline:{KEY}|1:1"),
        *(f"1 {SUITE} inline:{KEY}|2^20|1:4", f"1 {SUITE} inline:{KEY};inline:{KEY}"),
        *(
            f"1 {SUITE} inline:{KEY} UNENCRYPTED_SRTP",
            f"1 {SUITE} inline:{KEY} KDR=1",
            f"1 F8_128_HMAC_SHA1_80 inline:{KEY}",
        ),
        f"1 {SUITE} inline:{KEY} UNAUTHENTICATED_SRTP",
    ],
)
def test_what_weakens_or_complicates_a_key_is_passed_by(text: str) -> None:
    assert Crypto.parse(text) is None


def test_of_several_keys_the_usable_ones_remain() -> None:
    lines = ["1 AES_256_CM_HMAC_SHA1_80 inline:x", f"7 {SUITE} inline:{KEY}", f"2 {SUITE} inline:{KEY}|1:1"]
    assert [crypto.tag for crypto in usable(lines)] == [7]


def test_keys_and_addresses_stay_out_of_reprs() -> None:
    crypto = Crypto.parse(f"1 {SUITE} inline:{KEY}")
    session = parse(f"v=0\nc=IN IP4 192.0.2.1\nm=audio 1 RTP/SAVP 0\na=crypto:{crypto}\n".encode())
    shown = repr(crypto) + repr(session) + repr(session.media)
    assert KEY not in shown
    assert "12345" not in shown
    assert "192.0.2.1" not in shown
