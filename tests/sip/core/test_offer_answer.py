"""Offer and answer with what PBXs, trunks and telephones send, and with ourselves."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sip.core.offer_answer import LocalMedia, NotAcceptable, accept, answer, offer, reoffer
from sip.core.sdp import Media, Session, parse
from sip.interface import Agreement, Direction

OFFERS = Path(__file__).parent / "offers"
OURS = LocalMedia("192.0.2.7", 40000, session_id=1, key=bytes(30))
KEY_1 = b"123456789012345678901234567890"
CRYPTO = "AES_CM_128_HMAC_SHA1_80 inline:MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkw"


def named(name: str) -> Session:
    return parse((OFFERS / f"{name}.sdp").read_bytes())


def sdp(*lines: str, address: str = "192.0.2.1") -> Session:
    return parse(
        "\n".join(("v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-", f"c=IN IP4 {address}", "t=0 0", *lines)).encode()
    )


def accepted(session: Session) -> Media:
    """The one line of an answer that is not refused."""
    (line,) = [media for media in session.media if media.port]
    return line


def answered(offered: Session, local: LocalMedia = OURS) -> tuple[Media, Agreement]:
    session, agreement = answer(offered, local)
    assert len(session.media) == len(offered.media)  # RFC 3264 §6
    for ours, theirs in zip(session.media, offered.media, strict=True):
        assert (ours.kind, ours.protocol) == (theirs.kind, theirs.protocol)
        assert set(ours.formats) <= set(theirs.formats)
        assert not ours.port or theirs.port
    assert parse(session.encode()) == session
    return accepted(session), agreement


@pytest.mark.parametrize(
    ("name", "codec", "payload_type", "event_type", "remote", "rtcp"),
    [
        ("pbx-3cx-secure", "G722", 9, 101, ("192.0.2.10", 9002), 9003),
        ("trunk-telekom", "G722", 9, 96, ("192.0.2.20", 30012), 30013),
        ("trunk-sipgate", "G722", 9, 101, ("192.0.2.35", 15522), 15523),
        ("asterisk", "G722", 9, 101, ("192.0.2.40", 14872), 14873),
        ("freeswitch", "G722", 9, 101, ("192.0.2.50", 24614), 24615),
        ("linphone", "PCMA", 8, 100, ("192.0.2.60", 7078), 7079),
        ("baresip", "PCMA", 8, 101, ("192.0.2.70", 21470), 21470),
        ("bare-static-types", "PCMA", 8, None, ("192.0.2.80", 4000), 4001),
        ("deskphone-ice", "G722", 9, 101, ("192.0.2.110", 11780), 11781),
    ],
)
def test_plain_answers_to_what_is_out_there(
    name: str, codec: str, payload_type: int, event_type: int | None, remote: tuple[str, int], rtcp: int
) -> None:
    line, agreement = answered(named(name))
    assert (agreement.codec, agreement.payload_type, agreement.event_type) == (
        codec,
        payload_type,
        event_type,
    )
    assert agreement.remote == remote
    assert agreement.remote_rtcp == (remote[0], rtcp)
    assert (agreement.direction, agreement.held, agreement.srtp) == ("sendrecv", False, None)
    assert line.port == 40000
    assert f"{payload_type} {codec}/8000" in line.all("rtpmap")
    assert line.get("crypto") is None
    if event_type is not None:
        assert f"{event_type} telephone-event/8000" in line.all("rtpmap")
        assert f"{event_type} 0-16" in line.all("fmtp")


@pytest.mark.parametrize(
    ("name", "protocol", "key"),
    [
        ("pbx-3cx-secure", "RTP/SAVP", KEY_1),
        ("trunk-twilio", "RTP/SAVP", b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcd"),
        ("deskphone-ice", "RTP/AVP", KEY_1),
    ],
)
@pytest.mark.parametrize("srtp", ["offer", "require"])
def test_encrypted_answers_to_what_is_out_there(name: str, protocol: str, key: bytes, srtp: str) -> None:
    line, agreement = answered(named(name), replace(OURS, srtp=srtp))  # type: ignore[arg-type]
    assert line.protocol == protocol
    assert agreement.srtp is not None
    assert (agreement.srtp.receive, agreement.srtp.send) == (key, bytes(30))
    tag = "2" if name == "deskphone-ice" else "1"
    assert line.get("crypto") == f"{tag} AES_CM_128_HMAC_SHA1_80 inline:{'A' * 40}"


def test_the_two_lines_of_a_pbx_are_told_apart() -> None:
    plain, _ = answer(named("pbx-3cx-secure"), OURS)
    secure, _ = answer(named("pbx-3cx-secure"), replace(OURS, srtp="offer"))
    assert [line.port for line in plain.media] == [0, 40000]
    assert [line.port for line in secure.media] == [40000, 0]


@pytest.mark.parametrize(
    ("name", "srtp"),
    [
        ("fax", "off"),
        ("browser", "offer"),
        ("browser", "off"),
        ("trunk-twilio", "off"),
        ("asterisk", "require"),
        ("ipv6", "off"),
    ],
)
def test_what_we_cannot_or_may_not_speak_is_488(name: str, srtp: str) -> None:
    with pytest.raises(NotAcceptable) as refusal:
        answer(named(name), replace(OURS, srtp=srtp))  # type: ignore[arg-type]
    assert refusal.value.status == 488


def test_ipv6_with_rtcp_elsewhere() -> None:
    session, agreement = answer(named("ipv6"), replace(OURS, address="2001:db8::7"))
    assert agreement.remote == ("2001:db8::10", 5004)
    assert agreement.remote_rtcp == ("2001:db8::11", 5010)
    assert b"c=IN IP6 2001:db8::7\r\n" in session.encode()
    assert agreement.event_type == 100


def test_fax_and_video_beside_sound_are_refused_in_their_places() -> None:
    session, _ = answer(
        sdp(
            "m=image 4500 udptl t38",
            "m=audio 4000 RTP/AVP 8",
            "m=video 5000 RTP/AVP 31",
            "m=message 0 TCP/MSRP *",
        ),
        OURS,
    )
    assert [(line.kind, line.port) for line in session.media] == [
        ("image", 0),
        ("audio", 40000),
        ("video", 0),
        ("message", 0),
    ]


def test_nothing_of_this_machine_is_told() -> None:
    session, _ = answer(named("baresip"), OURS)
    text = session.encode().decode()
    assert text.startswith("v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\n")
    for word in ("tool", "cname", "label", "OnMeet"):
        assert word not in text


@pytest.mark.parametrize(
    ("theirs", "direction", "held"),
    [
        ("sendrecv", "sendrecv", False),
        ("sendonly", "recvonly", True),
        ("recvonly", "sendonly", False),
        ("inactive", "inactive", True),
    ],
)
def test_hold_by_them_is_mirrored(theirs: str, direction: str, held: bool) -> None:
    line, agreement = answered(sdp("m=audio 4000 RTP/AVP 8", f"a={theirs}"))
    assert (agreement.direction, agreement.held) == (direction, held)
    assert line.get(direction) == ""
    _, agreement = answered(sdp(f"a={theirs}", "m=audio 4000 RTP/AVP 8"))
    assert agreement.direction == direction


def test_hold_of_old_is_an_address_of_zeros() -> None:
    line, agreement = answered(sdp("m=audio 4000 RTP/AVP 8", address="0.0.0.0"))
    assert agreement.held
    assert agreement.direction == "recvonly"
    assert agreement.remote_rtcp is None
    assert line.port == 40000


def test_we_may_hold_them() -> None:
    line, agreement = answered(sdp("m=audio 4000 RTP/AVP 8"), replace(OURS, direction="inactive"))
    assert (agreement.direction, agreement.held, line.get("inactive")) == ("inactive", False, "")


@pytest.mark.parametrize(
    ("lines", "ptime"),
    [
        ((), 20),
        (("a=ptime:30",), 30),
        (("a=ptime:20", "a=maxptime:10"), 10),
        (("a=maxptime:150",), 20),
        (("a=ptime:200",), 60),
        (("a=ptime:0",), 20),
        (("a=ptime:5",), 10),
        (("a=ptime:x",), 20),
        (("a=ptime:20.0",), 20),
        (("a=ptime:-20",), 20),
    ],
)
def test_how_long_their_packets_are_to_be(lines: tuple[str, ...], ptime: int) -> None:
    _, agreement = answered(sdp("m=audio 4000 RTP/AVP 8", *lines))
    assert agreement.ptime == ptime


def test_comfort_noise_is_taken_where_it_is_offered() -> None:
    line, agreement = answered(named("freeswitch"))
    assert agreement.noise_type == 13
    assert line.formats == ("9", "101", "13")
    assert answered(named("asterisk"))[1].noise_type is None
    assert "13" not in offer(OURS).media[0].formats


def test_a_dynamic_number_for_a_static_codec_is_kept() -> None:
    line, agreement = answered(
        sdp("m=audio 4000 RTP/AVP 97 98", "a=rtpmap:97 pcma/8000", "a=rtpmap:98 Telephone-Event/8000")
    )
    assert (agreement.codec, agreement.payload_type, agreement.event_type) == ("PCMA", 97, 98)
    assert line.formats == ("97", "98")


def test_our_order_of_codecs_decides() -> None:
    offered = sdp("m=audio 4000 RTP/AVP 0 8 9")
    assert answered(offered)[1].codec == "G722"
    assert answered(offered, replace(OURS, codecs=("PCMU", "PCMA")))[1].codec == "PCMU"
    with pytest.raises(NotAcceptable):
        answer(offered, replace(OURS, codecs=()))


@pytest.mark.parametrize(
    "line",
    [
        *(
            "m=audio 0 RTP/AVP 8",
            "m=audio 4000 RTP/AVP 18",
            "m=audio 4000 TCP/RTP/AVP 8",
            "m=audio 4000 RTP/SAVP 8",
        ),
        *("m=video 4000 RTP/AVP 8", "m=audio 4000 RTP/AVP", "m=audio 4000 RTP/AVP 8\nc=IN IP4 224.0.0.9/1"),
        *("m=audio 4000 RTP/AVP 8\nc=IN IP4 media.example", "m=audio 4000 RTP/AVP 8\na=rtpmap:8 PCMA/16000"),
        "m=audio 4000 UDP/TLS/RTP/SAVP 8",
    ],
)
def test_unusable_lines_are_not_acceptable(line: str) -> None:
    with pytest.raises(NotAcceptable):
        answer(sdp(line), OURS)
    with pytest.raises(NotAcceptable):
        accept(offer(OURS), sdp(line), OURS)


def test_a_key_with_an_mki_is_no_key() -> None:
    local = replace(OURS, srtp="offer")
    with pytest.raises(NotAcceptable):
        answer(sdp("m=audio 4000 RTP/SAVP 8", f"a=crypto:1 {CRYPTO}|2^20|1:32"), local)
    line, _ = answered(
        sdp("m=audio 4000 RTP/SAVP 8", f"a=crypto:1 {CRYPTO}|2^20|1:32", f"a=crypto:4 {CRYPTO}|2^48"), local
    )
    assert (line.get("crypto") or "").startswith("4 ")


def test_further_sources_of_the_trunk_are_passed_on() -> None:
    assert answered(sdp("m=audio 4000 RTP/AVP 8"), replace(OURS, sources=("192.0.2.99",)))[1].sources == (
        "192.0.2.99",
    )


# both sides are ours, at different addresses

THEM = LocalMedia("192.0.2.8", 50000, key=bytes(range(30)))


@pytest.mark.parametrize("ours", ["off", "offer", "require"])
@pytest.mark.parametrize("theirs", ["off", "offer", "require"])
def test_both_sides_agree_on_the_same_call(ours: str, theirs: str) -> None:
    me, you = replace(OURS, srtp=ours), replace(THEM, srtp=theirs)  # type: ignore[arg-type]
    offered = offer(me)
    if {ours, theirs} == {"off", "require"}:
        with pytest.raises(NotAcceptable):
            answer(offered, you)
        return
    reply, yours = answer(parse(offered.encode()), you)
    mine = accept(offered, parse(reply.encode()), me)
    assert (mine.codec, mine.event_type, mine.payload_type) == ("G722", 101, 9)
    assert (yours.codec, yours.event_type, yours.payload_type) == ("G722", 101, 9)
    assert (mine.remote, yours.remote) == (("192.0.2.8", 50000), ("192.0.2.7", 40000))
    encrypted = "off" not in (ours, theirs)
    assert (mine.srtp is not None, yours.srtp is not None) == (encrypted, encrypted)
    if mine.srtp and yours.srtp:
        assert (mine.srtp.send, mine.srtp.receive) == (yours.srtp.receive, yours.srtp.send)


def test_an_answer_may_pick_any_codec_of_ours_but_no_other() -> None:
    mine = replace(OURS, codecs=("G722", "PCMA"))
    assert accept(offer(mine), sdp("m=audio 4000 RTP/AVP 8 9"), mine).codec == "PCMA"
    with pytest.raises(NotAcceptable):
        accept(offer(mine), sdp("m=audio 4000 RTP/AVP 0"), mine)


def test_digits_come_with_the_number_that_we_offered() -> None:
    reply = sdp("m=audio 4000 RTP/AVP 8 96", "a=rtpmap:96 telephone-event/8000")
    assert accept(offer(OURS), reply, OURS).event_type == 101
    assert accept(offer(OURS), sdp("m=audio 4000 RTP/AVP 8"), OURS).event_type is None


def test_an_answer_without_a_key_of_ours_is_plain_or_no_call() -> None:
    reply = sdp("m=audio 4000 RTP/AVP 8", f"a=crypto:9 {CRYPTO}")
    hopeful = replace(OURS, srtp="offer")
    assert accept(offer(hopeful), reply, hopeful).srtp is None
    strict = replace(OURS, srtp="require")
    assert offer(strict).media[0].protocol == "RTP/SAVP"
    with pytest.raises(NotAcceptable):
        accept(offer(strict), reply, strict)


def test_an_answer_cannot_bring_up_what_was_not_offered() -> None:
    assert not accept(offer(OURS), sdp("m=audio 4000 RTP/AVP 8", "a=rtcp-mux"), OURS).rtcp_mux
    with pytest.raises(NotAcceptable):
        accept(offer(OURS), sdp("m=video 4000 RTP/AVP 8", "m=audio 4000 RTP/AVP 8"), OURS)
    with pytest.raises(NotAcceptable):
        accept(offer(OURS), sdp(), OURS)


@pytest.mark.parametrize("direction", ["sendrecv", "sendonly", "inactive"])
def test_a_reoffer_keeps_lines_keys_and_numbers(direction: Direction) -> None:
    local = replace(OURS, srtp="offer")
    theirs = named("pbx-3cx-secure")
    ours, _ = answer(theirs, local)
    again = reoffer(ours, theirs, version=2, direction=direction)
    assert (again.id, again.version) == (ours.id, 2)
    assert [(line.kind, line.port, line.protocol) for line in again.media] == [
        ("audio", 40000, "RTP/SAVP"),
        ("audio", 0, "RTP/AVP"),
    ]
    line = accepted(again)
    assert line.get("crypto") == accepted(ours).get("crypto")
    assert [
        name for name, _ in line.attributes if name in ("sendrecv", "sendonly", "recvonly", "inactive")
    ] == [direction]


def test_a_reoffer_of_a_muxed_line_stays_muxed_and_is_accepted() -> None:
    theirs = named("baresip")
    ours, first = answer(theirs, OURS)
    assert first.rtcp_mux
    again = reoffer(ours, theirs, version=1)
    assert again == ours
    reply, _ = answer(again, THEM)
    second = accept(again, reply, OURS)
    assert (second.rtcp_mux, second.remote, second.codec) == (True, ("192.0.2.8", 50000), first.codec)


def test_a_line_that_they_stopped_stays_stopped() -> None:
    ours = offer(OURS)
    again = reoffer(ours, sdp("m=audio 0 RTP/AVP 8"), version=2)
    assert again.media[0].port == 0


def test_session_ids_and_keys_are_drawn_for_each_call() -> None:
    one, other = LocalMedia("192.0.2.7", 1), LocalMedia("192.0.2.7", 1)
    assert one.session_id != other.session_id
    assert one.key != other.key
    assert len(one.key) == 30
    assert one.key.hex() not in repr(one)


lines = st.sampled_from(
    [
        *(
            "m=audio 4000 RTP/AVP 0 8 9 101",
            "m=audio 4000 RTP/SAVP 8",
            "m=audio 0 RTP/AVP 8",
            "m=image 1 udptl t38",
        ),
        *(
            "a=rtpmap:101 telephone-event/8000",
            "a=rtcp-mux",
            "a=rtcp:99999",
            "a=rtcp:7 IN IP4 224.0.0.1",
            "a=rtcp:²",
        ),
        *(
            "a=sendonly",
            "a=inactive",
            "a=ptime:²",
            "a=ptime:99999999",
            "c=IN IP4 0.0.0.0",
            "c=IN IP6 ::",
            "c=IN IP4 x",
        ),
        *(
            f"a=crypto:1 {CRYPTO}",
            f"a=crypto:2 {CRYPTO}|2^31|1:1",
            "a=crypto:",
            "a=rtpmap:8 PCMA/8000/2",
            "a=mid:0",
        ),
    ]
)


@settings(max_examples=500)
@given(st.lists(lines, max_size=10), st.sampled_from(["off", "offer", "require"]))
def test_no_offer_breaks_an_answer_and_no_answer_an_offer(drawn: list[str], srtp: str) -> None:
    local = replace(OURS, srtp=srtp)  # type: ignore[arg-type]
    session = sdp(*drawn)
    with suppress(NotAcceptable):
        _, agreement = answered(session, local)
        assert (agreement.srtp is not None) or srtp != "require"
    with suppress(NotAcceptable):
        assert accept(offer(local), session, local).remote[1] == 4000
