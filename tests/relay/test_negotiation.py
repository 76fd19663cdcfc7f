"""Answers to publishers and offers to subscribers, without any transport."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmeet.errors import ProtocolError
from onmeet.relay import answer as answering
from onmeet.relay.description import LocalTransport, text
from onmeet.relay.interface import Source, TrackSpec
from onmeet.relay.offer import Lines
from onmeet.relay.sdp import AUDIO_LEVEL, MID, REPAIRED_RID, RID, TRANSPORT_CC, Session, parse
from onmeet.relay.track import Track
from tests.relay.captures import camera, description, microphone, names, sdp, transport

LOCAL = LocalTransport(
    "ufragufrag", "p" * 24, ":".join(["CD"] * 32), (("192.0.2.1", 3479), ("::1", 3479)), "passive"
)
BOTH: dict[str, Source] = {"0": "microphone", "1": "camera"}


def answered(offer: str, sources: dict[str, Source]) -> tuple[str, answering.Acceptance]:
    acceptance = answering.accept(parse(offer), sources)
    return text(answering.write(acceptance, LOCAL, 1, 1)), acceptance


@pytest.mark.parametrize("browser", ["chromium", "firefox"])
def test_a_browsers_microphone_and_camera_are_taken(browser: str) -> None:
    written, acceptance = answered(sdp(f"{browser}-offer-camera"), BOTH)
    audio, video = acceptance.specs
    assert (audio.source, audio.kind, list(audio.payload_types.values())) == (
        "microphone",
        "audio",
        ["opus"],
    )
    assert set(audio.extensions) == {MID, AUDIO_LEVEL, TRANSPORT_CC}
    assert len(audio.ssrcs) == 1
    assert (video.source, video.kind, video.rids) == ("camera", "video", ("q", "h", "f"))
    assert sorted(video.payload_types.values()) == ["VP8", "rtx"]
    assert list(video.rtx.values()) == [n for n, c in video.payload_types.items() if c == "VP8"]
    assert set(video.extensions) == {MID, RID, REPAIRED_RID, TRANSPORT_CC}
    assert video.ssrcs == ()
    assert "a=simulcast:recv q;h;f" in written
    assert "a=rid:f recv" in written
    assert "useinbandfec=1;maxaveragebitrate=48000" in written, "enough for a telephone behind it"


@pytest.mark.parametrize("name", names("offer"))
def test_an_answer_mirrors_the_offer_line_by_line(name: str) -> None:
    offer = parse(sdp(name))
    sources: dict[str, Source] = {"0": "microphone", "1": "camera"}
    written, _ = answered(sdp(name), sources)
    answer = parse(written)
    assert [(m.mid, m.kind) for m in answer.media] == [(m.mid, m.kind) for m in offer.media]
    for ours, theirs in zip(answer.media, offer.media, strict=True):
        assert (ours.port == 0) == (theirs.port == 0)
        assert ours.codecs.keys() <= theirs.codecs.keys()
        assert ours.direction == ("recvonly" if theirs.mid in sources else "inactive")
    assert answer.bundle == tuple(m.mid for m in answer.media if m.port)


@pytest.mark.parametrize("browser", ["chromium", "firefox"])
def test_what_we_do_not_parse_is_not_accepted(browser: str) -> None:
    offer = sdp(f"{browser}-offer-camera")
    assert "dependency-descriptor" in offer
    assert "VP9" in offer
    written, _ = answered(offer, BOTH)
    session = parse(written)
    names = {codec.name for media in session.media for codec in media.codecs.values()}
    assert names == {"opus", "VP8", "rtx"}
    assert "dependency-descriptor" not in written


def test_the_answer_says_lite_mux_and_all_candidates_once() -> None:
    written, _ = answered(sdp("chromium-offer-camera"), BOTH)
    lines = written.split("\r\n")
    assert "a=ice-lite" in lines
    candidates = [line for line in lines if line.startswith("a=candidate:")]
    assert [line.split()[4:6] for line in candidates] == [["192.0.2.1", "3479"], ["::1", "3479"]]
    priorities = [int(line.split()[3]) for line in candidates]
    assert priorities == sorted(set(priorities), reverse=True)
    assert lines.count("a=end-of-candidates") == 1
    assert lines.count("a=rtcp-mux") == lines.count("a=rtcp-rsize") == 2
    assert lines.count("a=setup:passive") == 2


def test_extensions_offered_one_way_are_answered_the_other() -> None:
    written, acceptance = answered(sdp("firefox-offer-camera"), BOTH)
    number = acceptance.specs[1].extensions[RID]
    assert f"a=extmap:{number}/recvonly {RID}" in written


def test_layers_are_told_lowest_first_whatever_the_offer_says() -> None:
    lines = [*camera(), "a=rid:f send", "a=rid:q send", f"a=extmap:2 {RID}", "a=simulcast:send f;q"]
    written, acceptance = answered(description([lines], "1", transport()), {"1": "screen"})
    assert acceptance.specs[0].rids == ("q", "f")
    assert "a=simulcast:recv f;q" in written


def test_simulcast_needs_the_extension_that_tells_layers_apart() -> None:
    lines = [*camera(), "a=rid:q send", "a=rid:f send", "a=simulcast:send q;f"]
    written, acceptance = answered(description([lines], "1", transport()), {"1": "camera"})
    assert acceptance.specs[0].rids == ()
    assert acceptance.specs[0].ssrcs == ((2222, 2223),)
    assert "simulcast" not in written


def test_a_data_channel_is_refused_and_the_rest_taken() -> None:
    data = ["m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "a=mid:2", "a=sctp-port:5000"]
    offer = description([microphone(), data], "0 2", transport())
    written, acceptance = answered(offer, {"0": "microphone"})
    assert len(acceptance.specs) == 1
    assert [m.port for m in parse(written).media] == [9, 0]


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([*microphone()[:5], "a=rtpmap:111 PCMU/8000"], "no Opus"),
        (["m=audio 9 RTP/AVP 111", *microphone()[1:]], "no DTLS"),
        (["m=audio 0 UDP/TLS/RTP/SAVPF 111", *microphone()[1:]], "stopped"),
    ],
)
def test_a_line_that_cannot_be_received_is_refused(lines: list[str], why: str) -> None:
    offer = description([camera("1"), lines], "1 0", transport())
    written, acceptance = answered(offer, {"1": "camera"})
    assert [spec.source for spec in acceptance.specs] == ["camera"]
    assert parse(written).media[1].port == 0, why


def test_a_line_outside_the_bundle_is_refused() -> None:
    offer = description([camera("1"), microphone("0")], "1", transport())
    assert parse(answered(offer, {"1": "camera"})[0]).media[1].port == 0


def test_a_line_without_a_source_is_taken_but_not_received() -> None:
    offer = description([microphone("0"), camera("1")], "0 1", transport())
    written, acceptance = answered(offer, {"1": "camera"})
    assert [spec.mid for spec in acceptance.specs] == ["1"]
    assert [m.direction for m in parse(written).media] == ["inactive", "recvonly"]


def code_of(offer: str, sources: dict[str, Source]) -> str:
    with pytest.raises(ProtocolError) as caught:
        answered(offer, sources)
    return caught.value.code


def test_sources_must_fit_their_lines() -> None:
    offer = description([microphone("0"), camera("1")], "0 1", transport())
    assert code_of(offer, {"0": "camera"}) == "bad-sdp"
    assert code_of(offer, {"7": "camera"}) == "bad-sdp"
    assert code_of(offer, {"0": "banana"}) == "bad-sdp"  # type: ignore[dict-item]


def test_one_source_twice_is_too_many() -> None:
    offer = description([camera("0", 10), camera("1", 20)], "0 1", transport())
    assert code_of(offer, {"0": "camera", "1": "camera"}) == "too-many-tracks"


def test_endless_lines_are_too_many() -> None:
    lines = [microphone(str(n)) for n in range(answering.MAX_OFFERED + 1)]
    mids = " ".join(str(n) for n in range(answering.MAX_OFFERED + 1))
    assert code_of(description(lines, mids, transport()), {}) == "too-many-tracks"


@pytest.mark.parametrize("missing", range(4))
def test_an_offer_without_transport_is_bad(missing: int) -> None:
    lines = transport()
    del lines[missing]
    assert code_of(description([microphone()], "0", lines), {"0": "microphone"}) == "bad-sdp"


def track(index: int, source: Source) -> Track:
    kind = answering.KIND_OF[source]
    spec = TrackSpec("0", kind, source, {}, {}, {})
    return Track(index, spec, f"cname{index}")


class Viewer:
    """A subscriber's lines and a browser that answers them."""

    def __init__(self) -> None:
        self.lines = Lines()

    def offer(self, *tracks: Track) -> tuple[Session, str]:
        self.wanted = {t.id: t for t in tracks}
        assert self.lines.differs(self.wanted)
        self.lines.arrange(self.wanted)
        written = text(self.lines.write(LOCAL, 1, 1))
        return parse(written), written

    def answer(self, offer: Session, refuse: frozenset[str] = frozenset()) -> Session:
        media = []
        for line in offer.media:
            port = 0 if line.port == 0 or line.mid in refuse else 9
            numbers = [*line.codecs] or [0]
            maps = [f"a=rtpmap:{n} {c.name}/{c.clock_rate}" for n, c in line.codecs.items()]
            direction = "recvonly" if line.direction == "sendonly" else "inactive"
            head = f"m={line.kind} {port} {line.protocol} {' '.join(map(str, numbers))}"
            media.append([head, f"a=mid:{line.mid}", f"a={direction}", *maps])
        return parse(description(media, " ".join(offer.bundle), transport("active")))

    def agree(self, *tracks: Track, refuse: frozenset[str] = frozenset()) -> list[Track]:
        offer, _ = self.offer(*tracks)
        agreement = self.lines.settle(self.answer(offer, refuse))
        return [begun for begun, _ in agreement.begun]


ANNA_VOICE, ANNA_FACE = track(1, "microphone"), track(1, "camera")
BERT_FACE = track(2, "camera")


def test_the_first_offer_comes_without_any_track() -> None:
    viewer = Viewer()
    offer, _ = viewer.offer()
    assert [m.direction for m in offer.media] == ["inactive"]
    viewer.lines.settle(viewer.answer(offer))
    assert not viewer.lines.differs({})


def test_voice_and_face_share_a_stream_and_a_screen_has_its_own() -> None:
    viewer = Viewer()
    screen, sound = track(1, "screen"), track(1, "screen-audio")
    _, written = viewer.offer(ANNA_VOICE, ANNA_FACE, screen, sound)
    streams = [line.split()[0] for line in written.split("\r\n") if line.startswith("a=msid:")]
    assert streams == ["a=msid:1-main", "a=msid:1-main", "a=msid:1-screen", "a=msid:1-screen"]
    assert written.count("cname:cname1") == 6


def test_the_media_ssrc_stands_before_its_rtx() -> None:
    _, written = Viewer().offer(ANNA_FACE)
    pair = next(line.split()[1:] for line in written.split("\r\n") if "ssrc-group:FID" in line)
    order = [line.split(":")[1].split()[0] for line in written.split("\r\n") if "cname" in line]
    assert order == pair


def test_tracks_flow_only_after_the_answer() -> None:
    viewer = Viewer()
    assert viewer.agree(ANNA_VOICE, ANNA_FACE) == [ANNA_VOICE, ANNA_FACE]
    assert list(viewer.lines.tracks.values()) == ["1:microphone", "1:camera"]
    assert not viewer.lines.differs(viewer.wanted)


def test_a_line_is_used_again_with_a_new_mid_and_new_ssrcs() -> None:
    viewer = Viewer()
    viewer.agree(ANNA_FACE)
    _, first = viewer.offer()
    assert parse(first).media[1].port == 0
    viewer.lines.settle(viewer.answer(parse(first)))
    offer, _ = viewer.offer(BERT_FACE)
    assert [m.mid for m in offer.media] == ["0", "2"]
    assert offer.bundle == ("0", "2")
    seen = {ssrc for pair in offer.media[1].ssrcs for ssrc in pair}
    again, _ = Viewer().offer(ANNA_FACE)
    assert seen.isdisjoint(ssrc for pair in again.media[1].ssrcs for ssrc in pair)


def test_a_line_is_not_used_again_before_both_sides_gave_it_up() -> None:
    viewer = Viewer()
    viewer.agree(ANNA_FACE)
    offer, _ = viewer.offer(BERT_FACE)
    assert [(m.mid, m.port != 0) for m in offer.media] == [("0", True), ("1", False), ("2", True)]


def test_the_same_track_published_anew_gets_a_new_line() -> None:
    viewer = Viewer()
    viewer.agree(ANNA_FACE)
    again = track(1, "camera")
    offer, _ = viewer.offer(again)
    assert viewer.lines.tracks == {"2": "1:camera"}
    assert offer.media[1].port == 0


def test_a_refused_track_is_not_offered_for_ever() -> None:
    viewer = Viewer()
    assert viewer.agree(ANNA_VOICE, ANNA_FACE, refuse=frozenset("2")) == [ANNA_VOICE]
    assert not viewer.lines.differs(viewer.wanted)
    assert viewer.lines.tracks == {"1": "1:microphone"}


def test_an_answer_to_another_offer_changes_nothing() -> None:
    viewer = Viewer()
    other, _ = viewer.offer()
    stale = viewer.answer(other)
    offer, _ = viewer.offer(ANNA_FACE)
    with pytest.raises(ProtocolError):
        viewer.lines.settle(stale)
    assert viewer.lines.differs(viewer.wanted)
    again, _ = viewer.offer(ANNA_FACE)
    assert again == offer
    assert [t for t, _ in viewer.lines.settle(viewer.answer(again)).begun] == [ANNA_FACE]


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("chromium-answer-tracks", "av"),
        ("chromium-answer-refused", "avx"),
        ("firefox-answer-tracks", "av"),
        ("firefox-answer-refused", "avx"),
    ],
)
def test_real_answers_settle_the_offer_they_were_made_for(name: str, kinds: str) -> None:
    viewer = Viewer()
    screen = track(1, "screen")
    if kinds == "avx":
        viewer.agree(ANNA_VOICE, ANNA_FACE, screen)
    viewer.offer(ANNA_VOICE, ANNA_FACE)
    agreement = viewer.lines.settle(parse(sdp(name)))
    if kinds == "avx":
        assert len(agreement.ended) == 1
    else:
        assert [t for t, _ in agreement.begun] == [ANNA_VOICE, ANNA_FACE]
    assert not viewer.lines.differs(viewer.wanted)


SOURCES: list[Source] = ["microphone", "camera", "screen"]
CAST = [track(index, source) for index in range(3) for source in SOURCES]


@given(st.lists(st.tuples(st.sets(st.integers(0, 8)), st.sampled_from("gbn")), max_size=12))
def test_whatever_comes_and_goes_the_lines_end_up_right(
    steps: list[tuple[set[int], str]],
) -> None:
    """Good answers, bad ones and missing ones: the last good round shows exactly what is wanted."""
    viewer = Viewer()
    live: dict[str, int] = {}
    seen: set[int] = set()
    for wanted, answer in [*steps, (set(range(4)), "g"), (set(range(4)), "g")]:
        tracks = [CAST[number] for number in sorted(wanted)]
        if not viewer.lines.differs({t.id: t for t in tracks}):
            continue
        offer, _ = viewer.offer(*tracks)
        assert len({m.mid for m in offer.media}) == len(offer.media)
        for media in offer.media:
            for ssrc, _ in media.ssrcs:
                # An SSRC belongs to one MID for ever.
                assert live.setdefault(media.mid, ssrc) == ssrc
                assert ssrc not in seen - {live[media.mid]}
                seen.add(ssrc)
        if answer == "g":
            viewer.lines.settle(viewer.answer(offer))
        elif answer == "b":
            with pytest.raises(ProtocolError):
                viewer.lines.settle(parse(description([microphone("x")], "x", transport())))
    assert sorted(viewer.lines.tracks.values()) == sorted(t.id for t in CAST[:4])
