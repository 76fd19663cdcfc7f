"""Retransmission payloads (RFC 4588)."""

from __future__ import annotations

from onmeet.rtp import extensions, packets, rtx


def test_unwrapping_undoes_wrapping() -> None:
    wrapped = rtx.wrap(
        b"frame",
        65536 + 513,
        payload_type=97,
        sequence=65536 + 9,
        timestamp=77,
        ssrc=8,
        marker=True,
        extensions=extensions.block([(4, b"abc")]),
    )
    header = packets.parse(wrapped)
    assert header is not None
    assert (header.payload_type, header.sequence, header.ssrc, header.marker) == (97, 9, 8, True)
    original = rtx.unwrap(wrapped, header, 96, 7)
    assert original == packets.build(96, 513, 77, 7, b"frame", marker=True)


def test_padding_of_a_bandwidth_probe_unwraps_to_nothing() -> None:
    for payload in (b"", b"\0", b"\0\1"):
        data = packets.build(97, 1, 2, 3, payload)
        header = packets.parse(data)
        assert header is not None
        assert rtx.unwrap(data, header, 96, 7) is None
