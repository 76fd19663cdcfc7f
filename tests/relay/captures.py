"""Descriptions that real browsers made, and shorter ones for the peers of these tests."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

SDP = Path(__file__).parent.parent / "captures" / "sdp"
FINGERPRINT = "sha-256 " + ":".join(["AB"] * 32)


def sdp(name: str) -> str:
    """One captured description, e.g. `chromium-offer-camera`, with its line endings."""
    return (SDP / f"{name}.sdp").read_bytes().decode()


def names(kind: str) -> list[str]:
    """The names of all captures of a kind: `offer` or `answer`."""
    return sorted(path.stem for path in SDP.glob(f"*-{kind}-*.sdp"))


def description(media: Iterable[Iterable[str]], bundle: str, session: Iterable[str] = ()) -> str:
    """A whole description of these m-lines."""
    head = ["v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", f"a=group:BUNDLE {bundle}", *session]
    return "\r\n".join([*head, *(line for lines in media for line in lines)]) + "\r\n"


def transport(setup: str = "actpass", fingerprint: str = FINGERPRINT, ufrag: str = "abcd") -> list[str]:
    """The transport lines of an m-line."""
    return [
        f"a=ice-ufrag:{ufrag}",
        "a=ice-pwd:" + "p" * 24,
        f"a=fingerprint:{fingerprint}",
        f"a=setup:{setup}",
    ]


def microphone(mid: str = "0", ssrc: int = 1111, direction: str = "sendonly") -> list[str]:
    """An Opus m-line without its transport."""
    return [
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{mid}",
        "a=rtcp-mux",
        f"a={direction}",
        "a=rtpmap:111 opus/48000/2",
        "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid",
        f"a=ssrc:{ssrc} cname:c",
    ]


def camera(mid: str = "1", ssrc: int = 2222, direction: str = "sendonly") -> list[str]:
    """A VP8 m-line with RTX, without simulcast and without its transport."""
    return [
        "m=video 9 UDP/TLS/RTP/SAVPF 96 97",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{mid}",
        "a=rtcp-mux",
        f"a={direction}",
        "a=rtpmap:96 VP8/90000",
        "a=rtpmap:97 rtx/90000",
        "a=fmtp:97 apt=96",
        "a=rtcp-fb:96 nack",
        "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid",
        f"a=ssrc-group:FID {ssrc} {ssrc + 1}",
        f"a=ssrc:{ssrc} cname:c",
        f"a=ssrc:{ssrc + 1} cname:c",
    ]
