"""Telephone calls: sound only, by the host's word only, and not an epoch longer."""

from __future__ import annotations

import os

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from onmeet.e2ee.bodies import Epoch, read_body
from onmeet.e2ee.encoding import to_base64url
from onmeet.e2ee.epochs import open_as_gateway
from onmeet.e2ee.frame_keys import FrameKeys, FrameRefusal
from onmeet.e2ee.hpke import HpkeError
from onmeet.e2ee.labels import FrameClass
from tests.e2ee.insider import Insider
from tests.e2ee.meeting import Meeting, Member, agree


class Gateway:
    """The telephone's end: one call with a key of its own."""

    def __init__(self) -> None:
        self.call = os.urandom(16)
        self.private = X25519PrivateKey.generate()

    @property
    def name(self) -> str:
        return to_base64url(self.call)

    def admit(self, meeting: Meeting, host: Member) -> None:
        public = self.private.public_key().public_bytes_raw()
        host.act("admit", call=self.call.hex(), gw=public.hex())
        meeting.settle()

    def audio(self, meeting: Meeting) -> bytes:
        """The base key of class audio in the newest epoch; raises KeyError where there is none."""
        body = next(b for _, b in reversed(meeting.seen) if b["kind"] == "epoch")
        epoch = read_body(body)
        assert isinstance(epoch, Epoch)
        return open_as_gateway(epoch, self.name, self.private)


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


def test_nothing_is_sealed_to_a_gateway_before_the_grant(meeting: Meeting, gateway: Gateway) -> None:
    meeting.join(host=True)
    with pytest.raises(KeyError):
        gateway.audio(meeting)


def test_grant_opens_the_sound_from_a_new_epoch_on(meeting: Meeting, gateway: Gateway) -> None:
    host, one = meeting.join(host=True), meeting.join()
    meeting.wait(1000)
    before = one.epoch["n"]
    gateway.admit(meeting, host)
    assert agree(host, one)
    assert one.epoch["n"] == before + 1
    assert one.epoch["phones"] == [gateway.name]
    assert gateway.audio(meeting).hex() == one.epoch["bases"]["audio"]


def test_gateway_hears_the_sound_and_nothing_else(meeting: Meeting, gateway: Gateway) -> None:
    host, one = meeting.join(host=True), meeting.join()
    meeting.wait(1000)
    gateway.admit(meeting, host)
    frames = FrameKeys()
    frames.set_epoch(one.epoch["n"], 1000, {FrameClass.AUDIO: gateway.audio(meeting)}, meeting.now)
    sound, picture = one.peer.seal("audio", b"sound"), one.peer.seal("video", b"picture")
    assert isinstance(sound, bytes)
    assert isinstance(picture, bytes)
    assert frames.open(FrameClass.AUDIO, one.index, sound, meeting.now) == b"sound"
    with pytest.raises(FrameRefusal, match="no-key"):
        frames.open(FrameClass.VIDEO, one.index, picture, meeting.now)


def test_another_gateway_opens_nothing(meeting: Meeting, gateway: Gateway) -> None:
    host = meeting.join(host=True)
    gateway.admit(meeting, host)
    gateway.private = X25519PrivateKey.generate()
    with pytest.raises(HpkeError):
        gateway.audio(meeting)


def test_grant_goes_on_while_the_host_is_there(meeting: Meeting, gateway: Gateway) -> None:
    host = meeting.join(host=True)
    gateway.admit(meeting, host)
    late = meeting.join()
    meeting.wait(1000)
    assert late.epoch["phones"] == [gateway.name]
    assert gateway.audio(meeting).hex() == late.epoch["bases"]["audio"]


def test_loss_of_the_host_ends_the_call(meeting: Meeting, gateway: Gateway) -> None:
    host, one = meeting.join(host=True), meeting.join()
    gateway.admit(meeting, host)
    meeting.wait(1000)
    meeting.leave(host)
    assert one.epoch["phones"] == []
    with pytest.raises(KeyError):
        gateway.audio(meeting)


def test_revoking_ends_the_call_with_a_new_epoch(meeting: Meeting, gateway: Gateway) -> None:
    host, one = meeting.join(host=True), meeting.join()
    gateway.admit(meeting, host)
    meeting.wait(1000)
    before = one.epoch["n"]
    host.act("revoke", call=gateway.call.hex())
    meeting.settle()
    assert one.said("revoke") == [{"call": gateway.name}]
    assert one.epoch["n"] == before + 1
    assert one.epoch["phones"] == []
    with pytest.raises(KeyError):
        gateway.audio(meeting)


def test_admitting_a_call_again_gives_it_one_new_grant(meeting: Meeting, gateway: Gateway) -> None:
    """A call that came back to the lobby with its link, while its grant was still in force."""
    host, one = meeting.join(host=True), meeting.join()
    gateway.admit(meeting, host)
    meeting.wait(1000)
    before = one.epoch["n"]
    gateway.private = X25519PrivateKey.generate()
    gateway.admit(meeting, host)
    assert agree(host, one)
    assert one.epoch["n"] == before + 1
    assert one.epoch["phones"] == [gateway.name]
    assert not one.alarms
    assert gateway.audio(meeting).hex() == one.epoch["bases"]["audio"]


def test_guest_admits_nobody(meeting: Meeting, gateway: Gateway) -> None:
    host, one = meeting.join(host=True), meeting.join()
    meeting.wait(1000)
    gateway.admit(meeting, one)
    one.act("revoke", call=gateway.call.hex())
    assert host.epoch["phones"] == []
    assert not one.sent("revoke")


def test_grant_that_a_guest_signed_is_refused(meeting: Meeting, gateway: Gateway) -> None:
    rogue = Insider(meeting)
    rogue.greet()
    one = meeting.join()
    public = gateway.private.public_key().public_bytes_raw()
    grant = rogue.voice.grant(gateway.name, public, 1)
    seal = {gateway.name: to_base64url(bytes(80))}
    rogue.say(rogue.epoch(grant=[grant], gwSeal=seal))
    assert one.alarms == [("bad-grant", rogue.index)]


def test_grant_of_the_host_in_a_guests_epoch_is_refused(meeting: Meeting, gateway: Gateway) -> None:
    rogue = Insider(meeting)
    rogue.greet()
    host, one = meeting.join(host=True), meeting.join()
    gateway.admit(meeting, host)
    meeting.wait(1000)
    body = next(b for _, b in reversed(meeting.seen) if b["kind"] == "epoch")
    meeting.leave(host)
    rogue.say(rogue.epoch(grant=body["grant"], gwSeal=body["gwSeal"]))
    assert ("bad-grant", rogue.index) in one.alarms


def test_revocation_by_a_guest_does_nothing(meeting: Meeting, gateway: Gateway) -> None:
    host = meeting.join(host=True)
    rogue = Insider(meeting)
    rogue.greet()
    gateway.admit(meeting, host)
    meeting.wait(1000)
    rogue.say(rogue.voice.revoke(gateway.name))
    assert host.epoch["phones"] == [gateway.name]
    assert not host.said("revoke")
