"""Who gets in, who does not, and who stays out."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from onmeet.e2ee.encoding import to_base64url
from onmeet.e2ee.link import create_link
from tests.e2ee.insider import Insider
from tests.e2ee.meeting import Meeting, agree, hears

LOW_ORDER = [
    "00" * 32,
    "01" + "00" * 31,
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
]
"""Points of X25519 that give zero with every secret (RFC 7748 §6.1)."""


def test_somebody_without_the_link_is_rejected(meeting: Meeting) -> None:
    one, two = meeting.join(), meeting.join()
    meeting.wait(1000)
    stranger = meeting.join(link=create_link()[0])
    meeting.wait(1000)
    assert ("no-link", stranger.index) in one.alarms
    assert agree(one, two)
    assert one.epoch["members"] == [0, 1]
    assert hears(stranger, one) == "no-key"
    assert hears(one, stranger) in ("no-key", "tag")


def test_host_without_the_link_is_rejected(meeting: Meeting) -> None:
    one = meeting.join()
    wrong, _ = create_link()
    key = meeting.host_key
    intruder = Insider(meeting, link=wrong, key=key)
    intruder.greet()
    assert ("no-link", intruder.index) in one.alarms
    assert not one.said("host")


def test_hello_of_an_earlier_meeting_is_rejected(meeting: Meeting) -> None:
    earlier = Meeting(meeting.make, instance="instance-0")
    earlier.link, earlier.host_key = meeting.link, meeting.host_key
    earlier.join(host=True)
    replayed = earlier.seen[0][1]
    meeting.take_index()
    one = meeting.join()
    meeting.inject(0, replayed)
    assert one.alarms == [("no-link", 0)]
    assert not one.said("host")


def test_forged_host_key_makes_no_host(meeting: Meeting) -> None:
    one = meeting.join()
    pretender = Insider(meeting, key=Ed25519PrivateKey.generate())
    pretender.greet()
    assert not one.said("host")
    assert one.epoch["committer"] == one.index


def test_host_key_signed_by_another_is_rejected(meeting: Meeting) -> None:
    one = meeting.join()
    thief = Insider(meeting)
    public = to_base64url(meeting.host_key.public_key().public_bytes_raw())
    body = {**thief.hello(), "sig": public}
    body["mac"] = to_base64url(thief.voice.mac_of(body))
    thief.say(thief.signed(body))
    assert one.alarms == [("forged", thief.index)]
    assert not one.said("host")


def test_hello_under_somebody_elses_index_is_rejected(meeting: Meeting) -> None:
    one, two = meeting.join(), meeting.join()
    meeting.wait(1000)
    thief = Insider(meeting)
    body = thief.hello(id=two.index)
    thief.say(body)
    assert ("forged", thief.index) in one.alarms
    assert one.epoch["members"] == [0, 1]


def test_second_hello_of_an_index_is_rejected(meeting: Meeting) -> None:
    one, two = meeting.join(), meeting.join()
    meeting.wait(1000)
    before = one.epoch
    Insider(meeting, index=two.index).greet()
    assert ("forged", two.index) in one.alarms
    assert ("forged", two.index) in two.alarms
    assert one.epoch == before


def test_index_of_somebody_who_left_is_not_taken_again(meeting: Meeting) -> None:
    one, two = meeting.join(), meeting.join()
    meeting.wait(1000)
    meeting.leave(two)
    Insider(meeting, index=two.index).greet()
    assert ("forged", two.index) in one.alarms
    assert one.epoch["members"] == [0]


def test_repeated_hello_changes_nothing(meeting: Meeting) -> None:
    one, two = meeting.join(), meeting.join()
    meeting.wait(1000)
    before = one.epoch
    meeting.inject(two.index, two.sent("hello")[0])
    assert not one.alarms
    assert one.epoch == before


@pytest.mark.parametrize("point", LOW_ORDER)
def test_key_that_seals_to_everybody_is_rejected(meeting: Meeting, point: str) -> None:
    one = meeting.join()
    fool = Insider(meeting)
    body = {**fool.hello(), "kem": to_base64url(bytes.fromhex(point))}
    body["mac"] = to_base64url(fool.voice.mac_of(body))
    fool.say(fool.signed(body))
    assert one.alarms == [("forged", fool.index)]
    meeting.wait(1000)
    assert one.epoch["members"] == [0]


def test_next_key_in_somebody_elses_hand_is_rejected(meeting: Meeting) -> None:
    one = meeting.join()
    member = Insider(meeting)
    member.greet()
    member.say({**member.voice.next(9, member.own.issue()), "n": 8})
    assert one.alarms == [("forged", member.index)]


def test_old_next_key_of_a_member_is_not_used_again(meeting: Meeting) -> None:
    one, two = meeting.join(), meeting.join()
    meeting.wait(1000)
    old = two.sent("next")[0]
    meeting.join()
    meeting.wait(1000)
    meeting.inject(two.index, old)
    meeting.join()
    meeting.wait(1000)
    assert agree(one, two)
    assert not two.alarms


# putting somebody out


def test_kicked_member_learns_nothing(meeting: Meeting) -> None:
    host, one, two = meeting.join(host=True), meeting.join(), meeting.join()
    meeting.wait(1000)
    meeting.kick(host, two.index)
    assert agree(host, one)
    assert one.epoch["members"] == [0, 1]
    # The server still gives it everything, and it still says nothing and hears nothing.
    assert ("kicked", host.index) in two.alarms
    assert two.silent
    assert hears(two, one) == "no-key"
    assert hears(one, two) == "silent"
    assert two.epoch["n"] < one.epoch["n"]


def test_kick_does_not_wait_for_its_turn(meeting: Meeting) -> None:
    host, one = meeting.join(host=True), meeting.join()
    meeting.wait(1000)
    two = meeting.join()
    meeting.kick(host, two.index)
    assert host.epoch["members"] == one.epoch["members"] == [0, 1]


def test_kick_by_a_guest_does_nothing(meeting: Meeting) -> None:
    host, one, two = meeting.join(host=True), meeting.join(), meeting.join()
    meeting.wait(1000)
    before = host.epoch
    meeting.kick(one, two.index)
    assert host.epoch == before


def test_guest_that_signs_a_kick_itself_is_refused(meeting: Meeting) -> None:
    rogue = Insider(meeting)
    rogue.greet()
    one, two = meeting.join(), meeting.join()
    kick = rogue.voice.kick({two.index: two.sent("hello")[0]["sig"]})
    rogue.say(rogue.epoch(without=(two.index,), kick=kick))
    assert ("bad-kick", rogue.index) in one.alarms
    assert not one.said("epoch")


def test_kick_in_the_hosts_name_is_refused(meeting: Meeting) -> None:
    rogue = Insider(meeting)
    rogue.greet()
    one, two = meeting.join(), meeting.join()
    host = to_base64url(meeting.host_key.public_key().public_bytes_raw())
    kick = {"kind": "kick", "who": {str(two.index): two.sent("hello")[0]["sig"]}, "host": host}
    rogue.say(rogue.epoch(without=(two.index,), kick=rogue.signed(kick)))
    assert ("bad-kick", rogue.index) in one.alarms


def test_kicked_identity_stays_barred_under_a_new_index(meeting: Meeting) -> None:
    host, one = meeting.join(host=True), meeting.join()
    outcast = Insider(meeting)
    outcast.greet()
    meeting.wait(1000)
    meeting.kick(host, outcast.index)
    assert host.epoch["members"] == [0, 1]
    again = Insider(meeting, key=outcast.voice.key)
    again.greet()
    meeting.wait(1000)
    assert ("barred", again.index) in one.alarms
    assert host.epoch["members"] == [0, 1]


def test_kick_outlives_the_host_and_binds_later_joiners(meeting: Meeting) -> None:
    host, one = meeting.join(host=True), meeting.join()
    outcast = Insider(meeting)
    outcast.greet()
    meeting.wait(1000)
    meeting.kick(host, outcast.index)
    meeting.leave(host)
    meeting.wait(1000)
    # The server has never told anybody that the outcast is gone: its hello is in the log.
    late = meeting.join()
    meeting.wait(1000)
    assert agree(one, late)
    assert one.epoch["members"] == [one.index, late.index]
    assert not late.alarms


def test_epoch_that_takes_the_kicked_back_in_is_refused(meeting: Meeting) -> None:
    rogue = Insider(meeting)
    rogue.greet()
    host, one, two = meeting.join(host=True), meeting.join(), meeting.join()
    meeting.wait(1000)
    meeting.kick(host, two.index)
    meeting.leave(host)
    rogue.say(rogue.epoch())
    assert ("bad-kick", rogue.index) in one.alarms
    assert one.silent


def test_host_cannot_be_put_out(meeting: Meeting) -> None:
    host, second = meeting.join(host=True), meeting.join(host=True)
    meeting.wait(1000)
    meeting.kick(host, second.index)
    assert host.epoch["members"] == [0, 1]
    assert agree(host, second)
