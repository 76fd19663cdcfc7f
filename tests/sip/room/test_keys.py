"""What a gateway can hear: only by the host's word, only sound, only while it is granted."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from onmeet.e2ee.encoding import from_base64url, to_base64url
from onmeet.e2ee.frame_keys import FrameRefusal
from onmeet.e2ee.labels import OLD_KEYS_MS, SILENCE_MS
from sip.room.keys import CallKey, RoomKeys
from tests.e2ee.insider import Insider
from tests.e2ee.meeting import Meeting, Member

PHONE = 500
"""An index that the relay gave to a call."""


class Gateway:
    """A gateway's keys, listening to a meeting like everybody else."""

    index = -1

    def __init__(self, meeting: Meeting) -> None:
        self.meeting = meeting
        self.keys = RoomKeys()
        self.keys.begin(meeting.room, meeting.instance)
        self.calls = 0
        for sender, body in meeting.log:
            self.keys.feed(sender, body, meeting.now)
        meeting.members[self.index] = self  # type: ignore[assignment]

    def act(self, what: str, **rest: Any) -> None:
        if what == "feed":
            self.keys.feed(rest["from"], rest["body"], self.meeting.now)
        elif what == "tick":
            self.keys.tick(self.meeting.now)

    def call(self) -> CallKey:
        """A call waits."""
        key = CallKey(to_base64url(self.calls.to_bytes(16, "big")))
        self.calls += 1
        self.keys.wait(key)
        return key

    def admitted(self, key: CallKey, host: Member, index: int = PHONE) -> CallKey:
        """The host lets the call in, at the relay and in the keys."""
        self.keys.admit(key.call, index, self.meeting.now)
        grant(key, host)
        return key


def grant(key: CallKey, host: Member) -> None:
    host.act("admit", call=from_base64url(key.call, 16).hex(), gw=key.public.hex())
    host.meeting.settle()


def revoke(key: CallKey, host: Member) -> None:
    host.act("revoke", call=from_base64url(key.call, 16).hex())
    host.meeting.settle()


def heard(gateway: Gateway, speaker: Member, name: str = "audio") -> bytes | str:
    """What the gateway makes of a member's frame."""
    sealed = speaker.peer.seal(name, b"voice")
    assert isinstance(sealed, bytes)
    try:
        return gateway.keys.open(speaker.index, sealed, gateway.meeting.now)
    except FrameRefusal as refusal:
        return refusal.reason


def said(gateway: Gateway, key: CallKey, listener: Member, index: int = PHONE) -> bytes | str:
    """What a member makes of the call's frame."""
    try:
        sealed = gateway.keys.seal(key.call, b"phone")
    except FrameRefusal as refusal:
        return refusal.reason
    return listener.peer.open("audio", index, sealed, gateway.meeting.now)


def test_nothing_flows_before_the_grant(meeting: Meeting) -> None:
    host, one = meeting.join(host=True), meeting.join()
    meeting.wait(1000)
    gateway = Gateway(meeting)
    key = gateway.call()
    assert heard(gateway, one) == said(gateway, key, host) == "no-key"
    gateway.keys.admit(key.call, PHONE, meeting.now)
    assert not gateway.keys.keyed
    assert heard(gateway, one) == said(gateway, key, host) == "no-key"


@pytest.mark.parametrize("grant_first", [False, True])
def test_grant_and_admission_together_let_sound_flow(meeting: Meeting, grant_first: bool) -> None:
    host, one = meeting.join(host=True), meeting.join()
    meeting.wait(1000)
    gateway = Gateway(meeting)
    key = gateway.call()
    if grant_first:
        grant(key, host)
        assert not gateway.keys.keyed
        gateway.keys.admit(key.call, PHONE, meeting.now)
    else:
        gateway.admitted(key, host)
    assert gateway.keys.keyed == {key.call}
    assert heard(gateway, one) == heard(gateway, host) == b"voice"
    assert said(gateway, key, host) == said(gateway, key, one) == b"phone"


@pytest.mark.parametrize("name", ["video", "share", "chat"])
def test_no_other_class_opens(meeting: Meeting, name: str) -> None:
    host, one = meeting.join(host=True), meeting.join()
    gateway = Gateway(meeting)
    gateway.admitted(gateway.call(), host)
    meeting.wait(1000)
    assert heard(gateway, one) == b"voice"
    assert heard(gateway, one, name) == "wrong-class"


def test_frames_of_before_the_grant_stay_closed(meeting: Meeting) -> None:
    host, one = meeting.join(host=True), meeting.join()
    meeting.wait(1000)
    before = one.peer.seal("audio", b"secret")
    assert isinstance(before, bytes)
    gateway = Gateway(meeting)
    gateway.admitted(gateway.call(), host)
    with pytest.raises(FrameRefusal, match="no-key"):
        gateway.keys.open(one.index, before, meeting.now)


def test_two_calls_have_counters_of_their_own(meeting: Meeting) -> None:
    host, one = meeting.join(host=True), meeting.join()
    gateway = Gateway(meeting)
    first = gateway.admitted(gateway.call(), host)
    second = gateway.admitted(gateway.call(), host, PHONE + 1)
    assert gateway.keys.keyed == {first.call, second.call}
    for _ in range(3):
        assert said(gateway, first, one) == said(gateway, second, one, PHONE + 1) == b"phone"


def test_late_joiner_changes_the_key_and_sound_flows_on(meeting: Meeting) -> None:
    host = meeting.join(host=True)
    gateway = Gateway(meeting)
    key = gateway.admitted(gateway.call(), host)
    late = meeting.join()
    meeting.wait(1000)
    assert gateway.keys.keyed == {key.call}
    assert heard(gateway, late) == b"voice"
    assert said(gateway, key, late) == b"phone"


def test_gateway_that_comes_back_follows_the_log(meeting: Meeting) -> None:
    """Its process died and another one takes the call, with a new key, while the old grant is in force."""
    host, one = meeting.join(host=True), meeting.join()
    meeting.wait(1000)
    first = Gateway(meeting)
    first.admitted(first.call(), host)
    again = Gateway(meeting)
    key = again.call()
    again.keys.admit(key.call, PHONE + 1, meeting.now)
    assert not again.keys.keyed
    grant(key, host)
    assert again.keys.keyed == {key.call}
    assert heard(again, one) == b"voice"
    assert said(again, key, one, PHONE + 1) == b"phone"


def test_nothing_flows_after_the_revocation(meeting: Meeting) -> None:
    host, one = meeting.join(host=True), meeting.join()
    gateway = Gateway(meeting)
    key = gateway.admitted(gateway.call(), host)
    meeting.wait(1000)
    revoke(key, host)
    assert not gateway.keys.keyed
    assert heard(gateway, one) == said(gateway, key, host) == "no-key"


def test_revoked_call_falls_silent_even_before_the_epoch_without_it(meeting: Meeting) -> None:
    host = meeting.join(host=True)
    gateway = Gateway(meeting)
    key = gateway.admitted(gateway.call(), host)
    meeting.tamper = lambda message, to: [] if to == -1 and message[1]["kind"] == "epoch" else [message]
    revoke(key, host)
    assert not gateway.keys.keyed


def test_others_stay_when_one_call_is_revoked(meeting: Meeting) -> None:
    host, one = meeting.join(host=True), meeting.join()
    gateway = Gateway(meeting)
    first = gateway.admitted(gateway.call(), host)
    second = gateway.admitted(gateway.call(), host, PHONE + 1)
    revoke(first, host)
    assert gateway.keys.keyed == {second.call}
    assert heard(gateway, one) == b"voice"
    assert said(gateway, first, one) == "no-key"


def test_revocation_by_a_guest_does_nothing(meeting: Meeting) -> None:
    host = meeting.join(host=True)
    rogue = Insider(meeting)
    rogue.greet()
    gateway = Gateway(meeting)
    key = gateway.admitted(gateway.call(), host)
    meeting.wait(1000)
    rogue.say(rogue.voice.revoke(key.call))
    assert gateway.keys.keyed == {key.call}


def test_call_can_come_back_after_the_lobby_with_another_index(meeting: Meeting) -> None:
    host, one = meeting.join(host=True), meeting.join()
    gateway = Gateway(meeting)
    key = gateway.admitted(gateway.call(), host)
    meeting.wait(1000)
    gateway.keys.hold(key.call)
    assert not gateway.keys.keyed
    revoke(key, host)
    gateway.admitted(key, host, PHONE + 7)
    assert gateway.keys.keyed == {key.call}
    assert said(gateway, key, one, PHONE + 7) == b"phone"


def test_host_who_is_gone_takes_the_key_along(meeting: Meeting) -> None:
    host, one = meeting.join(host=True), meeting.join()
    gateway = Gateway(meeting)
    key = gateway.admitted(gateway.call(), host)
    meeting.wait(1000)
    meeting.leave(host)
    meeting.wait(1000)
    assert one.epoch["phones"] == []
    # The relay says `held` at once; whoever withholds that gains the time that members grant a host as well.
    assert heard(gateway, one) == "no-key"
    meeting.wait(SILENCE_MS + 1000)
    assert not gateway.keys.keyed
    assert said(gateway, key, one) == "silent"


def test_host_who_reloads_the_page_is_followed(meeting: Meeting) -> None:
    """The clock of the new page starts at nought; its heartbeats count all the same."""
    host, one = meeting.join(host=True), meeting.join()
    gateway = Gateway(meeting)
    key = gateway.admitted(gateway.call(), host)
    meeting.wait(20_000)
    meeting.leave(host)
    back = meeting.join(host=True)
    grant(key, back)
    meeting.wait(SILENCE_MS + 5000)
    assert gateway.keys.keyed == {key.call}
    assert heard(gateway, one) == b"voice"


def test_hoarded_heartbeats_do_not_keep_a_call_alive(meeting: Meeting) -> None:
    host, _ = meeting.join(host=True), meeting.join()
    gateway = Gateway(meeting)
    gateway.admitted(gateway.call(), host)
    meeting.wait(1000)
    hoard: list[Any] = []

    def keep(message: Any, to: int) -> list[Any]:
        if to == -1 and message[1]["kind"] == "heartbeat":
            hoard.append(message)
            return []
        return [message]

    meeting.tamper = keep
    meeting.wait(25_000)
    assert gateway.keys.keyed
    assert len(hoard) == 2
    sender, body = hoard[0]
    gateway.keys.feed(sender, body, meeting.now)
    # It counts from when it was sent, 9 s after the beginning, not from when the server let go of it.
    meeting.wait(9_000 + SILENCE_MS - 25_000 - 1000)
    assert gateway.keys.keyed
    meeting.wait(2000)
    assert not gateway.keys.keyed


def test_fresh_heartbeat_brings_the_sound_back(meeting: Meeting) -> None:
    host = meeting.join(host=True)
    gateway = Gateway(meeting)
    key = gateway.admitted(gateway.call(), host)
    meeting.tamper = lambda message, to: [] if to == -1 else [message]
    meeting.wait(SILENCE_MS + 1000)
    assert not gateway.keys.keyed
    meeting.tamper = lambda message, to: [message]
    meeting.wait(11_000)
    assert gateway.keys.keyed == {key.call}


def test_grant_for_another_key_is_not_ours(meeting: Meeting) -> None:
    host = meeting.join(host=True)
    gateway = Gateway(meeting)
    key = gateway.call()
    gateway.keys.admit(key.call, PHONE, meeting.now)
    other = CallKey(key.call)
    host.act("admit", call=from_base64url(key.call, 16).hex(), gw=other.public.hex())
    meeting.settle()
    assert not gateway.keys.keyed


def test_grant_for_another_call_is_not_ours(meeting: Meeting) -> None:
    host = meeting.join(host=True)
    gateway = Gateway(meeting)
    key = gateway.call()
    gateway.keys.admit(key.call, PHONE, meeting.now)
    host.act("admit", call=bytes(15).hex() + "ff", gw=key.public.hex())
    meeting.settle()
    assert not gateway.keys.keyed


def forged_epoch(rogue: Insider, key: CallKey, secret: bytes = b"E" * 32) -> Any:
    """An epoch by somebody who plays the host, with a grant in which everything fits."""
    from onmeet.e2ee.epochs import Author, Place, compose_epoch
    from onmeet.e2ee.phones import Admitted

    n, th = rogue.tip()
    statement = rogue.voice.grant(key.call, key.public, n + 1)
    return compose_epoch(
        rogue.voice.meeting,
        Author(rogue.index, rogue.voice.key),
        Place(n + 1, th, 10**9),
        rogue.members(),
        secret,
        grants=[Admitted(key.call, key.public, statement)],
    )


def test_after_the_first_grant_nobody_else_is_taken_for_the_host(meeting: Meeting) -> None:
    host, one = meeting.join(host=True), meeting.join()
    rogue = Insider(meeting)
    rogue.greet()
    gateway = Gateway(meeting)
    key = gateway.admitted(gateway.call(), host)
    meeting.wait(1000)
    rogue.say(forged_epoch(rogue, key))
    assert ("bad-grant", rogue.index) in one.alarms or ("usurped", rogue.index) in one.alarms
    assert gateway.keys.keyed == {key.call}
    assert heard(gateway, host) == b"voice"


def test_epoch_whose_author_did_not_sign_it_is_passed_over(meeting: Meeting) -> None:
    host = meeting.join(host=True)
    rogue = Insider(meeting)
    rogue.greet()
    gateway = Gateway(meeting)
    key = gateway.call()
    gateway.keys.admit(key.call, PHONE, meeting.now)
    body = forged_epoch(rogue, key)
    gateway.keys.feed(rogue.index, rogue.signed(body, Ed25519PrivateKey.generate()), meeting.now)
    assert not gateway.keys.keyed
    grant(key, host)
    assert gateway.keys.keyed == {key.call}


def test_epoch_of_another_meeting_is_passed_over(meeting: Meeting) -> None:
    host = meeting.join(host=True)
    gateway = Gateway(meeting)
    key = gateway.call()
    gateway.keys.begin(meeting.room, "another-instance")
    gateway.admitted(key, host)
    assert not gateway.keys.keyed


def test_replayed_epoch_gives_nothing_back(meeting: Meeting) -> None:
    host, one = meeting.join(host=True), meeting.join()
    gateway = Gateway(meeting)
    key = gateway.admitted(gateway.call(), host)
    meeting.wait(1000)
    epochs = [message for message in meeting.seen if message[1]["kind"] == "epoch"]
    revoke(key, host)
    for sender, body in epochs:
        gateway.keys.feed(sender, body, meeting.now)
    assert not gateway.keys.keyed
    assert heard(gateway, one) == "no-key"


def test_reflected_and_replayed_frames_are_refused(meeting: Meeting) -> None:
    host, one = meeting.join(host=True), meeting.join()
    gateway = Gateway(meeting)
    key = gateway.admitted(gateway.call(), host)
    meeting.wait(1000)
    sealed = one.peer.seal("audio", b"voice")
    assert isinstance(sealed, bytes)
    assert gateway.keys.open(one.index, sealed, meeting.now) == b"voice"
    with pytest.raises(FrameRefusal, match="replay"):
        gateway.keys.open(one.index, sealed, meeting.now)
    with pytest.raises(FrameRefusal, match="wrong-sender"):
        gateway.keys.open(host.index, sealed, meeting.now)
    assert gateway.keys.seal(key.call, b"phone")


def test_old_keys_open_for_five_seconds_and_then_are_gone(meeting: Meeting) -> None:
    host, one = meeting.join(host=True), meeting.join()
    gateway = Gateway(meeting)
    gateway.admitted(gateway.call(), host)
    meeting.wait(1000)
    early, late = one.peer.seal("audio", b"early"), one.peer.seal("audio", b"late")
    assert isinstance(early, bytes)
    assert isinstance(late, bytes)
    meeting.join()
    meeting.wait(OLD_KEYS_MS - 2000)
    assert gateway.keys.open(one.index, early, meeting.now) == b"early"
    meeting.wait(5000)
    with pytest.raises(FrameRefusal, match="no-key"):
        gateway.keys.open(one.index, late, meeting.now)


@pytest.mark.parametrize("body", [None, 7, [], {}, {"kind": "epoch"}, {"kind": "hello"}, {"kind": "grant"}])
def test_nonsense_is_passed_over(meeting: Meeting, body: Any) -> None:
    host = meeting.join(host=True)
    gateway = Gateway(meeting)
    key = gateway.admitted(gateway.call(), host)
    gateway.keys.feed(0, body, meeting.now)
    assert gateway.keys.keyed == {key.call}
