"""Header extensions in both forms (RFC 8285)."""

from __future__ import annotations

from onmeet.rtp import extensions, packets


def header_of(data: bytes) -> packets.Header:
    header = packets.parse(data)
    assert header is not None
    return header


def with_block(block: bytes) -> bytes:
    return packets.build(96, 1, 2, 3, b"x", extensions=block)


def test_one_byte_form_as_in_rfc_8285_figure() -> None:
    # RFC 8285 §4.2: one octet, then two octets, padding, then four octets
    data = with_block(bytes.fromhex("bede0003 10aa 21bbcc 0000 33ddeeff11"))
    assert extensions.read(data, header_of(data)) == {
        1: b"\xaa",
        2: b"\xbb\xcc",
        3: b"\xdd\xee\xff\x11",
    }


def test_two_byte_form_as_in_rfc_8285_figure() -> None:
    # RFC 8285 §4.3: an empty element, one octet, padding, four octets
    data = with_block(bytes.fromhex("10000003 0100 0201bb 00 0304ddeeff11"))
    assert extensions.read(data, header_of(data)) == {1: b"", 2: b"\xbb", 3: b"\xdd\xee\xff\x11"}


def test_id_fifteen_ends_the_one_byte_block() -> None:
    data = with_block(bytes.fromhex("bede0001 10aaf0bb"))
    assert extensions.read(data, header_of(data)) == {1: b"\xaa"}


def test_truncated_element_ends_the_reading() -> None:
    data = with_block(bytes.fromhex("bede0001 10aa2fbb"))
    assert extensions.read(data, header_of(data)) == {1: b"\xaa"}


def test_unknown_profile_is_ignored() -> None:
    data = with_block(bytes.fromhex("abcd0001 10aa0000"))
    assert extensions.read(data, header_of(data)) == {}


def test_long_or_large_elements_choose_the_two_byte_form() -> None:
    for element in ((15, b"a"), (1, b"a" * 17), (1, b"")):
        data = with_block(extensions.block([element]))
        assert extensions.is_two_byte(header_of(data).profile)
        assert extensions.read(data, header_of(data)) == dict([element])


def test_no_elements_make_no_block() -> None:
    assert extensions.block([]) == b""


def test_names_are_letters_digits_and_little_more() -> None:
    assert extensions.text(b"q") == "q"
    assert extensions.text(b"a-b_1\0\0") == "a-b_1"
    for bad in (None, b"", b"\0", b"a b", b"\xff", "é".encode(), b"x" * 17):
        assert extensions.text(bad) is None


def test_absolute_send_time_is_six_and_eighteen_bits() -> None:
    assert extensions.abs_send_time(1.0) == 1 << 18
    assert extensions.abs_send_time(0.5) == 1 << 17
    assert extensions.abs_send_time(64.25) == 1 << 16  # wraps after 64 s
