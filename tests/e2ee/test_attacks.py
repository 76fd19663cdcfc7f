"""What a dishonest server, or a dishonest member with its help, can try on the chain of epochs."""

from __future__ import annotations

import pytest

from onmeet.e2ee.encoding import from_base64url, to_base64url
from onmeet.e2ee.hpke import seal
from tests.e2ee.insider import Insider
from tests.e2ee.meeting import Json, Meeting, Member, Message, agree, hears


@pytest.fixture
def rogue(meeting: Meeting) -> Insider:
    """A dishonest member with the lowest index: the committer, as there is no host."""
    insider = Insider(meeting)
    insider.greet()
    return insider


def two_with(meeting: Meeting, rogue: Insider) -> tuple[Member, Member]:
    """Two honest members to whom the rogue was honest so far."""
    one, two = meeting.join(), meeting.join()
    rogue.say(rogue.epoch())
    assert agree(one, two)
    return one, two


# races


def test_commit_race_has_one_winner(meeting: Meeting) -> None:
    guest = meeting.join()
    meeting.wait(1000)
    other, host = meeting.enter(), meeting.enter(host=True)
    # The guest commits for the other at the first hello; the host commits at its own; both are on the wire.
    meeting.settle()
    meeting.wait(1000)
    assert agree(guest, other, host)
    assert guest.epoch["committer"] == host.index
    assert not guest.alarms + other.alarms + host.alarms


def test_two_hosts_race_and_one_wins(meeting: Meeting) -> None:
    first, second, guest = meeting.join(host=True), meeting.join(host=True), meeting.join()
    meeting.wait(1000)
    outs = [meeting.join(), meeting.join()]
    first.act("kick", index=outs[0].index)
    second.act("kick", index=outs[1].index)
    meeting.settle()
    meeting.wait(1500)
    assert agree(first, second, guest)
    assert first.epoch["members"] == [0, 1, 2]
    assert not first.alarms + second.alarms + guest.alarms


def test_epoch_that_crosses_a_departure_is_good(meeting: Meeting) -> None:
    host, one, two = meeting.join(host=True), meeting.join(), meeting.join()
    meeting.wait(1000)
    meeting.enter()
    hello = meeting.wire.pop(0)
    meeting.deliver(hello)
    # The host's epoch, with `two` in it, is on the wire when `two` goes.
    meeting.drop(two)
    meeting.left(two.index)
    meeting.settle()
    meeting.wait(1000)
    assert agree(host, one)
    assert host.epoch["members"] == [0, 1, 3]
    assert not host.alarms + one.alarms


# what is on the wire


@pytest.mark.promise("N1.1")
def test_no_secret_is_on_the_wire(meeting: Meeting) -> None:
    """No secret passes over the server while keys are agreed on."""
    host, one = meeting.join(host=True), meeting.join()
    meeting.wait(12_000, step=1000)
    meeting.kick(host, meeting.join().index)
    wire = repr(meeting.seen)
    secrets = [meeting.link.secret, meeting.host_key.private_bytes_raw()]
    for epoch in host.said("epoch") + one.said("epoch"):
        secrets += [bytes.fromhex(base) for base in epoch["bases"].values()]
        assert epoch["code"] not in wire
    for secret in secrets:
        assert to_base64url(secret) not in wire
        assert secret.hex() not in wire
    assert to_base64url(meeting.host_key.public_key().public_bytes_raw()) in wire


def test_seal_for_somebody_else_does_not_open(meeting: Meeting, rogue: Insider) -> None:
    one, two = two_with(meeting, rogue)
    body = rogue.epoch()
    first, second = str(one.index), str(two.index)
    swapped = {first: body["seal"][second], second: body["seal"][first]}
    rogue.say(rogue.signed({**body, "seal": swapped}))
    assert ("locked-out", rogue.index) in one.alarms
    assert ("locked-out", rogue.index) in two.alarms


# forgery


def test_message_in_somebody_elses_name_is_rejected(meeting: Meeting, rogue: Insider) -> None:
    one, two = two_with(meeting, rogue)
    for body in (rogue.epoch(), rogue.heartbeat(*rogue.tip()), rogue.voice.next(9, rogue.own.issue())):
        meeting.inject(two.index, body)
    assert one.alarms == [("forged", two.index)]
    assert one.epoch["n"] == 1


@pytest.mark.parametrize("field", ["n", "by", "t", "confirm", "prev", "roster"])
def test_epoch_changed_on_its_way_is_rejected(meeting: Meeting, rogue: Insider, field: str) -> None:
    one, two = two_with(meeting, rogue)
    body = rogue.epoch()
    changes = {"n": 3, "by": 0, "t": 99, "roster": {}}
    fallback = to_base64url(b"x" * 32)
    rogue.say({**body, field: changes.get(field, fallback), "s": body["s"][::-1][1:] + "A"})
    assert one.alarms == two.alarms == [("forged", rogue.index)]
    rogue.say(body)
    assert agree(one, two)


def test_usurper_is_not_followed(meeting: Meeting) -> None:
    host, one = meeting.join(host=True), meeting.join()
    meeting.join()
    usurper = Insider(meeting)
    usurper.greet()
    meeting.wait(1000)
    before = one.epoch["n"]
    usurper.say(usurper.epoch())
    assert one.alarms == host.alarms == [("usurped", usurper.index)]
    assert one.epoch["n"] == before
    assert not one.silent


def test_joiner_follows_nobody_but_the_committer(meeting: Meeting) -> None:
    host = meeting.join(host=True)
    second, third = Insider(meeting), Insider(meeting)
    second.greet()
    third.greet()
    meeting.wait(1000)
    joiner = meeting.enter()
    meeting.deliver(meeting.wire.pop(0))
    honest = meeting.wire.pop(0)
    for usurper in (second, third):
        usurper.say(usurper.epoch(secret=b"U" * 32))
    assert not joiner.said("epoch")
    meeting.inject(*honest)
    assert agree(host, joiner)


def test_secret_that_others_do_not_share_is_noticed(meeting: Meeting, rogue: Insider) -> None:
    one, two = two_with(meeting, rogue)
    body, other = rogue.epoch(secret=b"A" * 32), rogue.epoch(secret=b"B" * 32)
    seals = {**body["seal"], str(two.index): other["seal"][str(two.index)]}
    rogue.say(rogue.signed({**body, "seal": seals}))
    assert ("locked-out", rogue.index) in two.alarms
    assert two.silent
    assert one.epoch["n"] == 2
    rogue.say(rogue.epoch())
    assert agree(one, two)
    assert not two.silent


# lies about who is there


def refused(meeting: Meeting, rogue: Insider, member: Member, body: Json) -> bool:
    before = member.epoch
    rogue.say(body)
    return ("roster", rogue.index) in member.alarms and member.epoch == before and member.silent


def test_roster_that_leaves_somebody_out_is_refused(meeting: Meeting, rogue: Insider) -> None:
    one, two = two_with(meeting, rogue)
    body = rogue.epoch(without=(two.index,))
    assert refused(meeting, rogue, one, body)
    assert ("roster", rogue.index) in two.alarms


def test_roster_with_a_ghost_is_refused(meeting: Meeting, rogue: Insider) -> None:
    one, _ = two_with(meeting, rogue)
    body = rogue.epoch()
    ghost = seal(from_base64url(one.sent("hello")[0]["kem"], 32), b"", b"", b"G" * 32)
    body["roster"]["77"] = rogue.voice.sig
    body["seal"]["77"] = to_base64url(ghost)
    assert refused(meeting, rogue, one, rogue.signed(body))


def test_roster_that_keeps_somebody_who_left_is_refused(meeting: Meeting, rogue: Insider) -> None:
    one, two = two_with(meeting, rogue)
    three = meeting.join()
    rogue.say(rogue.epoch())
    keeping = rogue.members()
    meeting.leave(three)
    rogue.say(rogue.epoch())
    assert agree(one, two)
    body = rogue.epoch()
    gone = next(each for each in keeping if each.index == three.index)
    body["roster"][str(three.index)] = gone.sig
    body["seal"][str(three.index)] = body["seal"][str(one.index)]
    assert refused(meeting, rogue, one, rogue.signed(body))


def test_roster_with_another_key_for_a_member_is_refused(meeting: Meeting, rogue: Insider) -> None:
    one, two = two_with(meeting, rogue)
    body = rogue.epoch()
    body["roster"][str(two.index)] = rogue.voice.sig
    assert refused(meeting, rogue, one, rogue.signed(body))


def test_seals_that_do_not_fit_the_roster_are_refused(meeting: Meeting, rogue: Insider) -> None:
    one, two = two_with(meeting, rogue)
    body = rogue.epoch()
    del body["seal"][str(two.index)]
    rogue.say(rogue.signed(body))
    assert ("malformed", rogue.index) in one.alarms
    assert one.epoch["n"] == 1


# the chain


def test_old_epoch_changes_nothing(meeting: Meeting) -> None:
    host, one = meeting.join(host=True), meeting.join()
    meeting.wait(1000)
    old = meeting.log[-1] if meeting.log[-1][1]["kind"] == "epoch" else None
    old = old or next(m for m in meeting.seen if m[1]["kind"] == "epoch")
    meeting.join()
    meeting.wait(1000)
    before = one.epoch
    meeting.inject(*old)
    assert one.epoch == before
    assert not one.alarms + host.alarms


def test_forked_broadcast_is_noticed_at_the_next_heartbeat(meeting: Meeting, rogue: Insider) -> None:
    one, two = two_with(meeting, rogue)
    ways = {one.index: rogue.epoch(secret=b"A" * 32), two.index: rogue.epoch(secret=b"B" * 32)}
    meeting.tamper = lambda message, to: [(message[0], ways[to])]
    rogue.say(ways[one.index])
    meeting.tamper = lambda message, to: [message]
    assert one.epoch["n"] == two.epoch["n"] == 2
    assert one.epoch["code"] != two.epoch["code"]
    rogue.say(rogue.heartbeat(*rogue.tip()))
    assert ("fork", rogue.index) in two.alarms
    assert two.silent
    assert not one.silent


def test_epoch_on_another_chain_is_a_fork(meeting: Meeting, rogue: Insider) -> None:
    one, _ = two_with(meeting, rogue)
    rogue.say(rogue.epoch(prev=to_base64url(b"p" * 32)))
    assert one.alarms == [("fork", rogue.index)]
    assert one.silent


def test_withheld_epoch_is_noticed_at_the_next_heartbeat(meeting: Meeting) -> None:
    host, one, two = meeting.join(host=True), meeting.join(), meeting.join()
    meeting.wait(1000)
    meeting.tamper = lambda message, to: (
        [] if to == one.index and message[1]["kind"] == "epoch" else [message]
    )
    meeting.kick(host, two.index)
    assert not one.silent
    meeting.wait(11_000, step=1000)
    assert ("withheld", host.index) in one.alarms
    assert one.silent


def test_reordered_epochs_are_noticed(meeting: Meeting) -> None:
    host, one = meeting.join(host=True), meeting.join()
    meeting.wait(1000)
    held: list[Message] = []

    def swap(message: Message, to: int) -> list[Message]:
        if to != one.index or message[1]["kind"] != "epoch":
            return [message]
        held.append(message)
        return held[::-1] if len(held) == 2 else []

    meeting.tamper = swap
    meeting.join()
    meeting.wait(1000)
    meeting.join()
    meeting.wait(11_000, step=1000)
    assert ("withheld", host.index) in one.alarms
    assert one.silent


def test_everything_withheld_ends_in_silence(meeting: Meeting) -> None:
    host, one, two = meeting.join(host=True), meeting.join(), meeting.join()
    meeting.wait(1000)
    meeting.tamper = lambda message, to: [] if to == one.index else [message]
    meeting.kick(host, two.index)
    meeting.wait(29_000, step=1000)
    assert not one.silent
    meeting.wait(3000, step=1000)
    assert one.silent
    assert not host.silent
    assert one.peer.seal("audio", b"to the one who was put out") == "silent"


def test_replayed_heartbeat_keeps_nobody_talking(meeting: Meeting) -> None:
    host, one = meeting.join(host=True), meeting.join()
    meeting.wait(12_000, step=1000)
    beat = host.sent("heartbeat")[-1]
    meeting.tamper = lambda message, to: [(host.index, beat)]
    meeting.wait(40_000, step=1000)
    for _ in range(3):
        meeting.inject(host.index, beat)
    assert one.silent


def test_hoarded_heartbeats_keep_nobody_talking(meeting: Meeting) -> None:
    host, one = meeting.join(host=True), meeting.join()
    hoard: list[Message] = []

    def keep(message: Message, to: int) -> list[Message]:
        if to != one.index:
            return [message]
        hoard.append(message)
        return []

    meeting.wait(1000)
    meeting.tamper = keep
    meeting.wait(25_000, step=1000)
    out = meeting.join()
    meeting.kick(host, out.index)
    # Two honest heartbeats from before the kick are dealt out, one every fifteen seconds.
    meeting.tamper = lambda message, to: [] if to == one.index else [message]
    beats = [message for message in hoard if message[1]["kind"] == "heartbeat"]
    assert len(beats) == 2
    for beat in beats:
        one.act("feed", **{"from": beat[0], "body": beat[1]})
        meeting.wait(15_000, step=1000)
    assert one.silent


def test_silence_ends_with_the_next_heartbeat(meeting: Meeting) -> None:
    host, one = meeting.join(host=True), meeting.join()
    meeting.wait(1000)
    meeting.tamper = lambda message, to: [] if to == one.index else [message]
    meeting.wait(35_000, step=1000)
    assert one.silent
    meeting.tamper = lambda message, to: [message]
    meeting.wait(11_000, step=1000)
    assert one.said("silence") == [True, False]
    assert hears(host, one) is True


# a committer that falls silent


def hung(meeting: Meeting, member: Member) -> None:
    """A page that does nothing any more, although its socket is open."""
    del meeting.members[member.index]


def test_second_in_line_stands_in_for_a_committer_that_hangs(meeting: Meeting) -> None:
    host, one, two = meeting.join(host=True), meeting.join(), meeting.join()
    meeting.wait(1000)
    hung(meeting, host)
    meeting.wait(29_000, step=1000)
    assert agree(one, two)
    assert one.epoch["committer"] == one.index
    assert not one.said("silence") + two.said("silence")
    assert not one.alarms + two.alarms


def test_joiner_gets_in_while_the_committer_hangs(meeting: Meeting) -> None:
    host, one = meeting.join(host=True), meeting.join()
    meeting.wait(1000)
    hung(meeting, host)
    meeting.wait(22_000, step=1000)
    late = meeting.join()
    assert one.epoch["members"] == [0, 1, 2]
    assert not late.said("epoch")
    meeting.wait(11_000, step=1000)
    assert agree(one, late)
    assert not late.alarms


def test_committer_that_comes_back_leads_again(meeting: Meeting) -> None:
    host, one = meeting.join(host=True), meeting.join()
    meeting.wait(1000)
    meeting.members.pop(host.index)
    seen = len(meeting.seen)
    meeting.wait(25_000, step=1000)
    assert one.epoch["committer"] == one.index
    meeting.members[host.index] = host
    for sender, body in meeting.seen[seen:]:
        host.act("feed", **{"from": sender, "body": body})
    meeting.wait(2000)
    assert agree(host, one)
    assert one.epoch["committer"] == host.index
    assert not one.alarms + host.alarms


def test_stand_in_that_comes_too_early_is_refused(meeting: Meeting) -> None:
    host = meeting.join(host=True)
    second = Insider(meeting)
    second.greet()
    one = meeting.join()
    meeting.wait(1000)
    second.say(second.epoch())
    assert one.alarms == [("usurped", second.index)]
    assert agree(host, one)
