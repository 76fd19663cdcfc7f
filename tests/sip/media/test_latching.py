"""From where sound is taken: nobody at another address is heard, nobody else while the stream flows."""

from __future__ import annotations

import pytest

from sip.media.latching import Latch, plain_host

NEGOTIATED = ("192.0.2.7", 4000)
BEHIND_NAT = ("192.0.2.7", 51234)
TRUNK = ("198.51.100.9", 6000)
STRANGER = ("203.0.113.5", 4000)


def test_only_known_addresses_are_accepted() -> None:
    latch = Latch(NEGOTIATED, (TRUNK[0],))
    assert latch.accepts(NEGOTIATED, 0.0)
    assert latch.accepts(BEHIND_NAT, 0.0)
    assert latch.accepts(TRUNK, 0.0)
    assert not latch.accepts(STRANGER, 0.0)
    assert latch.target == NEGOTIATED


def test_sound_goes_to_where_it_comes_from() -> None:
    latch = Latch(NEGOTIATED)
    latch.confirm(BEHIND_NAT, 0.0)
    assert latch.target == BEHIND_NAT


def test_flowing_stream_cannot_be_taken_over() -> None:
    latch = Latch(NEGOTIATED, (TRUNK[0],))
    latch.confirm(BEHIND_NAT, 0.0)
    for beat in range(500):
        now = 0.02 * beat
        assert not latch.accepts(TRUNK, now)
        assert not latch.accepts(("192.0.2.7", 51235), now)
        latch.confirm(BEHIND_NAT, now)


def test_silent_stream_may_go_on_from_another_known_address_but_no_stranger() -> None:
    latch = Latch(NEGOTIATED, (TRUNK[0],))
    latch.confirm(BEHIND_NAT, 0.0)
    assert not latch.accepts(TRUNK, 1.9)
    assert latch.accepts(TRUNK, 2.0)
    assert not latch.accepts(STRANGER, 100.0)


def test_negotiated_address_takes_the_latch_back_at_once() -> None:
    latch = Latch(NEGOTIATED)
    latch.confirm(("192.0.2.7", 6666), 0.0)
    assert latch.accepts(NEGOTIATED, 0.01)
    latch.confirm(NEGOTIATED, 0.01)
    assert not latch.accepts(("192.0.2.7", 6666), 0.02)


def test_resumed_latch_keeps_its_address_for_two_seconds_more() -> None:
    latch = Latch(NEGOTIATED, latched=BEHIND_NAT)
    assert latch.accepts(BEHIND_NAT, 50.0)
    assert not latch.accepts(("192.0.2.7", 6666), 50.0)
    assert latch.accepts(("192.0.2.7", 6666), 52.0)


def test_renegotiation_keeps_the_latch_unless_the_address_moved() -> None:
    latch = Latch(NEGOTIATED)
    latch.confirm(BEHIND_NAT, 0.0)
    assert latch.moved(NEGOTIATED, ()).target == BEHIND_NAT
    moved = latch.moved(("192.0.2.99", 4000), ())
    assert moved.target == ("192.0.2.99", 4000)
    assert not moved.accepts(BEHIND_NAT, 0.0)


def test_stragglers_from_the_port_before_do_not_draw_the_sound_back() -> None:
    """The far side moved to another port, and so far only listens there."""
    latch = Latch(NEGOTIATED)
    latch.confirm(NEGOTIATED, 0.0)
    moved = latch.moved(("192.0.2.7", 5000), ()).moved(("192.0.2.7", 6000), ())
    assert not moved.accepts(NEGOTIATED, 0.0)
    assert moved.target == ("192.0.2.7", 6000)
    assert moved.accepts(BEHIND_NAT, 0.1)
    assert not moved.accepts(NEGOTIATED, 1.9)
    assert moved.accepts(NEGOTIATED, 2.0), "whoever goes on from there all the same is heard again"


def test_resuming_after_a_hold_without_an_address_hears_the_old_one_at_once() -> None:
    """RFC 2543 held by c=0.0.0.0; the telephone is behind a NAT."""
    latch = Latch(NEGOTIATED)
    latch.confirm(BEHIND_NAT, 0.0)
    resumed = latch.moved(("0.0.0.0", 4000), ()).moved(NEGOTIATED, ())
    assert resumed.accepts(BEHIND_NAT, 0.1)


@pytest.mark.parametrize(
    ("seen", "plain"),
    [
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::FFFF:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::1"),
        ("2001:DB8::7", "2001:db8::7"),
        ("192.0.2.7", "192.0.2.7"),
    ],
)
def test_addresses_of_double_stack_sockets_are_unwrapped(seen: str, plain: str) -> None:
    assert plain_host(seen) == plain
