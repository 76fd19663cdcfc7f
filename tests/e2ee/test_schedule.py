"""The key schedule among honest people."""

from __future__ import annotations

from tests.e2ee.meeting import Meeting, agree, hears


def test_one_alone_has_keys(meeting: Meeting) -> None:
    alone = meeting.join()
    assert alone.epoch["n"] == 1
    assert alone.epoch["members"] == [0]


def test_everybody_agrees_on_the_keys(meeting: Meeting) -> None:
    members = [meeting.join() for _ in range(4)]
    meeting.wait(1000)
    assert agree(*members)
    assert members[0].epoch["members"] == [0, 1, 2, 3]
    assert all(not member.alarms for member in members)


def test_frames_open_both_ways_in_every_class(meeting: Meeting) -> None:
    one, two = meeting.join(), meeting.join()
    meeting.wait(1000)
    for name in ("audio", "video", "share", "chat"):
        assert hears(one, two, name) is True
        assert hears(two, one, name) is True


def test_safety_code_is_six_groups_of_five_digits(meeting: Meeting) -> None:
    one, two = meeting.join(), meeting.join()
    meeting.wait(1000)
    code = one.epoch["code"]
    assert code == two.epoch["code"]
    assert [len(group) for group in code.split()] == [5] * 6
    assert code.replace(" ", "").isdigit()


def test_lowest_index_commits_without_a_host(meeting: Meeting) -> None:
    members = [meeting.join() for _ in range(3)]
    meeting.wait(1000)
    assert [member.epoch["committer"] for member in members] == [0, 0, 0]


def test_host_commits_as_soon_as_it_is_there(meeting: Meeting) -> None:
    guest = meeting.join()
    host = meeting.join(host=True)
    assert agree(guest, host)
    assert guest.epoch["committer"] == host.index
    assert guest.said("host") == host.said("host") == [{"index": host.index}]


def test_lowest_index_takes_over_when_the_host_goes(meeting: Meeting) -> None:
    host, one, two = meeting.join(host=True), meeting.join(), meeting.join()
    meeting.wait(1000)
    before = one.epoch["n"]
    meeting.leave(host)
    assert agree(one, two)
    assert one.epoch["committer"] == one.index
    assert one.epoch["n"] == before + 1
    assert one.said("host")[-1] == {"index": None}


def test_keys_rotate_when_somebody_joins(meeting: Meeting) -> None:
    one, _ = meeting.join(), meeting.join()
    meeting.wait(1000)
    before = one.epoch
    three = meeting.join()
    assert one.epoch["n"] == before["n"] + 1
    assert one.epoch["bases"] != before["bases"]
    assert agree(one, three)


def test_keys_rotate_when_somebody_leaves(meeting: Meeting) -> None:
    one, two, three = (meeting.join() for _ in range(3))
    meeting.wait(1000)
    before = one.epoch
    meeting.leave(three)
    assert one.epoch["n"] == before["n"] + 1
    assert agree(one, two)
    assert hears(three, one) == "no-key"


def test_first_change_is_committed_at_once_and_a_crowd_together(meeting: Meeting) -> None:
    host = meeting.join(host=True)
    meeting.wait(1000)
    crowd = [meeting.join() for _ in range(5)]
    assert host.epoch["members"] == [0, 1]
    meeting.wait(500)
    assert host.epoch["n"] == 3
    assert agree(host, *crowd)


def test_late_joiner_gets_no_old_key(meeting: Meeting) -> None:
    one, two = meeting.join(), meeting.join()
    meeting.wait(1000)
    said_before = one.peer.seal("audio", b"a secret of two")
    assert isinstance(said_before, bytes)
    late = meeting.join()
    meeting.wait(1000)
    assert late.peer.open("audio", one.index, said_before, meeting.now) == "no-key"
    old = {epoch["bases"]["audio"] for epoch in two.said("epoch")[:-1]}
    assert not old & {epoch["bases"]["audio"] for epoch in late.said("epoch")}


def test_old_frames_open_for_five_seconds_more(meeting: Meeting) -> None:
    one, two = meeting.join(), meeting.join()
    meeting.wait(1000)
    early = [one.peer.seal("audio", b"on its way") for _ in range(2)]
    assert all(isinstance(each, bytes) for each in early)
    meeting.join()
    assert two.peer.open("audio", one.index, early[0], meeting.now) == b"on its way"  # type: ignore[arg-type]
    meeting.wait(6000)
    assert two.peer.open("audio", one.index, early[1], meeting.now) == "no-key"  # type: ignore[arg-type]


def test_every_member_renews_its_key_after_each_epoch(meeting: Meeting) -> None:
    one, two = meeting.join(), meeting.join()
    meeting.wait(1000)
    for member in (one, two):
        keys = [body["kem"] for body in member.sent("hello") + member.sent("next")]
        assert len(keys) == len(member.said("epoch")) + 1
        assert len(set(keys)) == len(keys)


def test_heartbeats_keep_everybody_talking(meeting: Meeting) -> None:
    one, two = meeting.join(), meeting.join()
    meeting.wait(120_000, step=1000)
    assert one.said("silence") == two.said("silence") == []
    assert 11 <= len(one.sent("heartbeat")) <= 12
    assert not two.sent("heartbeat")


def test_rejoining_after_a_restart_starts_anew(meeting: Meeting) -> None:
    one, two = meeting.join(), meeting.join()
    meeting.wait(1000)
    old = one.epoch
    again = Meeting(meeting.make, instance="instance-2")
    again.link, again.host_key = meeting.link, meeting.host_key
    first, second = again.join(), again.join()
    again.wait(1000)
    assert agree(first, second)
    assert first.epoch["n"] == old["n"]
    assert first.epoch["bases"] != old["bases"]
    assert first.epoch["code"] != two.epoch["code"]


def test_key_frame_wish_reaches_only_the_one_it_is_for(meeting: Meeting) -> None:
    one, two, three = (meeting.join() for _ in range(3))
    for _ in range(3):
        meeting.inject(two.index, {"kind": "kf", "to": one.index, "media": "video"})
    assert one.said("keyframe") == [{"media": "video", "from": two.index}]
    assert not two.said("keyframe")
    assert not three.said("keyframe")


def test_host_with_the_key_of_another_link_is_a_guest(meeting: Meeting) -> None:
    other = Meeting(meeting.make)
    guest, pretender = meeting.join(), meeting.join(host_key=other.host_key)
    meeting.wait(1000)
    assert agree(guest, pretender)
    assert not guest.said("host")
    assert guest.epoch["committer"] == guest.index


def test_members_with_slow_uplinks_can_open_every_epoch(meeting: Meeting) -> None:
    host, slow = meeting.join(host=True), meeting.join()
    held = []
    for _ in range(5):
        meeting.join()
        for _ in range(3):
            meeting.now += 600
            for member in (host, slow):
                member.act("tick")
            held += [message for message in meeting.wire if message[0] == slow.index]
            meeting.wire[:] = [message for message in meeting.wire if message[0] != slow.index]
            meeting.settle()
        meeting.wire.extend(held[:1])
        del held[:1]
        meeting.settle()
    assert not slow.alarms
    assert agree(host, slow)
