"""Reading browsers' descriptions: real ones, hostile ones, random ones."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onmeet.errors import ProtocolError
from onmeet.relay.sdp import ATTRIBUTES, MAX_MEDIA, MAX_SIZE, MID, RID, TRANSPORT_CC, parse
from tests.relay.captures import camera, description, microphone, names, sdp, transport

OFFERS, ANSWERS = names("offer"), names("answer")


def assert_refused(text: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        parse(text)
    assert caught.value.code == "bad-sdp"


@pytest.mark.parametrize("name", OFFERS + ANSWERS)
def test_every_capture_can_be_negotiated_on(name: str) -> None:
    session = parse(sdp(name))
    first = session.media[0]
    assert first.mid == "0"
    assert first.mid in session.bundle
    assert first.ufrag
    assert len(first.password) >= 22
    assert first.rtcp_mux
    assert [hash_name for hash_name, _ in first.fingerprints] == ["sha-256"]
    assert first.setup == ("actpass" if "offer" in name else "active")


@pytest.mark.parametrize("browser", ["chromium", "firefox"])
def test_the_camera_of_either_browser_has_three_layers(browser: str) -> None:
    audio, video = parse(sdp(f"{browser}-offer-camera")).media
    assert audio.kind == "audio"
    assert any(codec.name == "opus" for codec in audio.codecs.values())
    assert (video.kind, video.sends) == ("video", True)
    assert video.send_rids == ("q", "h", "f")
    assert {MID, RID, TRANSPORT_CC} <= video.extensions.keys()


def test_a_bundle_only_line_is_no_refused_one() -> None:
    """Firefox writes port 0 with `a=bundle-only` (RFC 9143 §6)."""
    assert "m=video 0 " in sdp("firefox-offer-camera")
    assert parse(sdp("firefox-offer-camera")).media[1].sends


@pytest.mark.parametrize("browser", ["chromium", "firefox"])
def test_a_stopped_screen_no_longer_sends(browser: str) -> None:
    before, after = (parse(sdp(f"{browser}-offer-{name}")).media for name in ("screen", "stopped"))
    assert before[2].sends
    assert (after[2].port, after[2].sends) == (0, False)


def test_session_attributes_hold_for_lines_without_their_own() -> None:
    lines = [microphone("0"), [*camera("1"), "a=setup:active", "a=ice-ufrag:ownone"]]
    audio, video = parse(description(lines, "0 1", transport(ufrag="shared"))).media
    assert (audio.ufrag, audio.setup) == ("shared", "actpass")
    assert (video.ufrag, video.setup) == ("ownone", "active")
    assert audio.fingerprints == video.fingerprints != ()


def test_rtx_streams_are_paired_with_what_they_repair() -> None:
    session = parse(description([camera(ssrc=10)], "1", transport()))
    assert session.media[0].ssrcs == ((10, 11),)


def test_of_simulcast_alternatives_the_first_counts_and_paused_is_no_difference() -> None:
    rids = ["a=rid:q send", "a=rid:x send", "a=rid:f send", "a=rid:r recv"]
    lines = [*camera(), *rids, "a=simulcast:send q,x;~f;r;nowhere recv r"]
    assert parse(description([lines], "1", transport())).media[0].send_rids == ("q", "f")


@pytest.mark.parametrize(
    "line",
    [
        "a=rtpmap:111",
        "a=rtpmap:banana opus/48000",
        "a=rtpmap:111 opus/0",
        "a=fmtp:",
        "a=rtcp-fb:",
        "a=rtcp-fb:* nack",
        "a=extmap:15 urn:x",
        "a=extmap:0 urn:x",
        "a=extmap: ",
        "a=rid:",
        "a=rid:!!! send",
        "a=simulcast:send",
        "a=ssrc:-1 cname:x",
        "a=ssrc:4294967296 cname:x",
        "a=ssrc-group:FID 1",
        "a=ssrc-group:",
        "a=group:",
        "a=setup:holdconn",
        "a=",
        "x=y",
        "",
    ],
)
def test_a_line_that_is_not_understood_is_passed_over(line: str) -> None:
    plain = parse(description([microphone()], "0", transport()))
    odd = parse(description([[*microphone(), line]], "0", transport()))
    assert odd.media[0].codecs[111].name == plain.media[0].codecs[111].name
    assert odd.media[0].extensions == plain.media[0].extensions
    assert odd.media[0].ssrcs == plain.media[0].ssrcs


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "v=0\r\n",
        description([["m=audio 9 UDP/TLS/RTP/SAVPF 111"]], "0"),
        description([["m=audio", "a=mid:0"]], "0"),
        description([["m=audio port UDP 111", "a=mid:0"]], "0"),
        description([["m=audio 65536 UDP 111", "a=mid:0"]], "0"),
        description([["m=audio 9 UDP 111", "a=mid:a b"]], "0"),
        description([microphone("0"), microphone("0")], "0"),
        description([microphone()], "0", ["a=ice-ufrag:a b"]),
        description([microphone()], "0", ["a=ice-pwd:short"]),
        description([microphone()], "0", ["a=fingerprint:sha-256 nothex"]),
    ],
)
def test_what_cannot_be_negotiated_on_is_refused(text: str) -> None:
    assert_refused(text)


def test_size_lines_and_m_lines_are_bounded() -> None:
    assert_refused("v=0\r\n" + "a" * MAX_SIZE)
    assert_refused(description([microphone(str(n)) for n in range(MAX_MEDIA + 1)], "0"))
    assert_refused(description([[*microphone(), *["a=x:y"] * 2000]], "0"))


def parse_or_refuse(text: str) -> None:
    with contextlib.suppress(ProtocolError):
        parse(text)


@given(st.text())
def test_random_text_raises_nothing_else(text: str) -> None:
    parse_or_refuse(text)
    parse_or_refuse("v=0\r\n" + text)


ATTRIBUTE = st.sampled_from([*ATTRIBUTES, "sendonly", "inactive", "unknown"])
LINE = st.one_of(
    st.builds(lambda name, value: f"a={name}:{value}", ATTRIBUTE, st.text(max_size=40)),
    st.builds(lambda value: f"m={value}", st.text(max_size=40)),
    st.text(max_size=40),
)


@settings(max_examples=300)
@given(st.sampled_from(OFFERS + ANSWERS), st.data())
def test_damaged_captures_raise_nothing_else(name: str, data: st.DataObject) -> None:
    lines = sdp(name).split("\r\n")
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(lines) - 1))
        lines[place : place + data.draw(st.integers(0, 2))] = [data.draw(LINE)]
    parse_or_refuse("\r\n".join(lines))
