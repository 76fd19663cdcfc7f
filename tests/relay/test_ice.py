"""ICE-lite on bytes: checks made by another implementation (aioice), hostile ones and random ones."""

from __future__ import annotations

import pytest
from aioice import stun as theirs
from hypothesis import given
from hypothesis import strategies as st

from onmeet.relay import stun
from onmeet.relay.ice import CONSENT_SECONDS, FOLLOW_SECONDS, MAX_PATHS, Agent, Directory

HOME = (0, ("192.0.2.1", 4000))
AWAY = (0, ("192.0.2.9", 5000))
SIX = (1, ("2001:db8::7", 6000, 0, 0))


def request(
    agent: Agent,
    *,
    ufrag: str = "",
    password: str = "",
    nominate: bool = False,
    role: str = "ICE-CONTROLLING",
) -> theirs.Message:
    """A check as a browser makes it."""
    message = theirs.Message(theirs.Method.BINDING, theirs.Class.REQUEST)
    message.attributes["USERNAME"] = f"{ufrag or agent.credentials.ufrag}:browser"
    message.attributes["PRIORITY"] = 1
    message.attributes[role] = 77
    if nominate:
        message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity((password or agent.credentials.password).encode())
    return message


@pytest.fixture
def directory() -> Directory:
    return Directory()


@pytest.fixture
def agent(directory: Directory) -> Agent:
    return directory.create()


def error_of(reply: bytes | None) -> int | None:
    assert reply is not None
    return theirs.parse_message(reply).error_code


@pytest.mark.parametrize("path", [HOME, SIX])
def test_a_check_is_answered_with_the_address_it_came_from(
    directory: Directory, agent: Agent, path: tuple
) -> None:
    message = request(agent)
    verdict = directory.receive(bytes(message), path, 1.0)
    assert verdict.agent is agent
    assert verdict.reply is not None
    reply = theirs.parse_message(verdict.reply)
    assert reply.message_class is theirs.Class.RESPONSE
    assert reply.transaction_id == message.transaction_id
    assert reply.attributes["XOR-MAPPED-ADDRESS"] == path[1][:2]
    assert reply.check_message_integrity(agent.credentials.password.encode())
    assert "FINGERPRINT" in reply.attributes


def test_only_a_nominated_path_is_bound(directory: Directory, agent: Agent) -> None:
    directory.receive(bytes(request(agent)), HOME, 1.0)
    assert agent.path is None
    directory.receive(bytes(request(agent, nominate=True)), AWAY, 1.1)
    assert agent.path == AWAY


def test_a_later_nomination_moves_the_peer(directory: Directory, agent: Agent) -> None:
    directory.receive(bytes(request(agent, nominate=True)), HOME, 1.0)
    directory.receive(bytes(request(agent, nominate=True)), SIX, 1.1)
    assert agent.path == SIX
    assert set(agent.paths) == {HOME, SIX}


def test_a_new_nat_binding_is_followed_once_the_old_one_is_silent(directory: Directory, agent: Agent) -> None:
    directory.receive(bytes(request(agent, nominate=True)), HOME, 0.0)
    directory.receive(bytes(request(agent)), AWAY, FOLLOW_SECONDS - 1)
    assert agent.path == HOME
    directory.receive(bytes(request(agent)), AWAY, FOLLOW_SECONDS + 1)
    assert agent.path == AWAY


def test_consent_lasts_half_a_minute_from_the_last_check(directory: Directory, agent: Agent) -> None:
    assert not agent.consent(0.0)
    directory.receive(bytes(request(agent)), HOME, 5.0)
    assert agent.consent(5.0 + CONSENT_SECONDS - 0.1)
    assert not agent.consent(5.0 + CONSENT_SECONDS)


def test_paths_of_one_peer_are_bounded_and_the_bound_one_stays(directory: Directory, agent: Agent) -> None:
    directory.receive(bytes(request(agent, nominate=True)), HOME, 0.0)
    for port in range(50):
        directory.receive(bytes(request(agent)), (0, ("192.0.2.2", port)), 0.1)
    assert len(agent.paths) == MAX_PATHS
    assert HOME in agent.paths
    assert agent.path == HOME


def test_a_wrong_password_is_refused_and_changes_nothing(directory: Directory, agent: Agent) -> None:
    bad = request(agent, password="x" * 24, nominate=True)
    verdict = directory.receive(bytes(bad), HOME, 1.0)
    assert error_of(verdict.reply) == 401
    assert verdict.agent is None
    assert (agent.path, agent.heard) == (None, None)


def test_an_unknown_fragment_is_refused(directory: Directory, agent: Agent) -> None:
    verdict = directory.receive(bytes(request(agent, ufrag="nobody")), HOME, 1.0)
    assert error_of(verdict.reply) == 401


def test_a_request_without_credentials_is_bad(directory: Directory) -> None:
    message = theirs.Message(theirs.Method.BINDING, theirs.Class.REQUEST)
    message.add_fingerprint()
    assert error_of(directory.receive(bytes(message), HOME, 1.0).reply) == 400


def test_a_peer_that_claims_our_role_is_told_so(directory: Directory, agent: Agent) -> None:
    verdict = directory.receive(bytes(request(agent, role="ICE-CONTROLLED")), HOME, 1.0)
    assert error_of(verdict.reply) == 487
    assert verdict.agent is None


def test_an_unknown_required_attribute_is_named(directory: Directory, agent: Agent) -> None:
    username = f"{agent.credentials.ufrag}:b".encode()
    attributes = [(stun.USERNAME, username), (0x7777, b"")]
    key = agent.credentials.password.encode()
    datagram = stun.build(stun.BINDING_REQUEST, bytes(12), attributes, key)
    reply = directory.receive(datagram, HOME, 1.0).reply
    assert error_of(reply) == 420
    assert reply is not None
    parsed = stun.parse(reply)
    assert parsed is not None
    assert parsed.attributes[stun.UNKNOWN_ATTRIBUTES] == b"\x77\x77"


def test_what_follows_the_signature_does_not_count(directory: Directory, agent: Agent) -> None:
    """An attacker could append USE-CANDIDATE without knowing the password."""
    signed = bytes(request(agent))[:-8]
    forged = theirs.set_body_length(signed + b"\x00\x25\x00\x00", len(signed) - 20 + 4 + 8)
    crc = stun.crc32(forged) ^ stun.FINGERPRINT_XOR
    forged += b"\x80\x28\x00\x04" + crc.to_bytes(4)
    assert directory.receive(forged, HOME, 1.0).agent is agent
    assert agent.path is None


@pytest.mark.parametrize("kind", [theirs.Class.RESPONSE, theirs.Class.INDICATION])
def test_only_requests_are_answered(directory: Directory, agent: Agent, kind: theirs.Class) -> None:
    message = request(agent, nominate=True)
    message.message_class = kind
    message.add_message_integrity(agent.credentials.password.encode())
    verdict = directory.receive(bytes(message), HOME, 1.0)
    assert (verdict.reply, verdict.agent) == (None, None)


def test_old_credentials_hold_until_the_new_ones_are_nominated(directory: Directory, agent: Agent) -> None:
    directory.receive(bytes(request(agent, nominate=True)), HOME, 1.0)
    old = request(agent, nominate=True)
    fresh = directory.restart(agent)
    assert f"{fresh.ufrag}:browser" != old.attributes["USERNAME"]
    assert directory.receive(bytes(old), HOME, 2.0).agent is agent
    directory.receive(bytes(request(agent)), AWAY, 3.0)
    assert directory.receive(bytes(old), HOME, 4.0).agent is agent
    directory.receive(bytes(request(agent, nominate=True)), AWAY, 5.0)
    assert agent.path == AWAY
    assert error_of(directory.receive(bytes(old), HOME, 6.0).reply) == 401


def test_restarts_without_nomination_do_not_pile_up(directory: Directory, agent: Agent) -> None:
    directory.receive(bytes(request(agent, nominate=True)), HOME, 1.0)
    bound = request(agent)
    for _ in range(20):
        directory.restart(agent)
    assert len(directory) == 2
    assert directory.receive(bytes(bound), HOME, 2.0).agent is agent


def test_a_removed_agent_leaves_nothing(directory: Directory, agent: Agent) -> None:
    directory.restart(agent)
    directory.remove(agent)
    directory.remove(agent)
    assert len(directory) == 0
    assert error_of(directory.receive(bytes(request(agent)), HOME, 1.0).reply) == 401


@given(st.binary(max_size=200))
def test_noise_is_passed_over(datagram: bytes) -> None:
    verdict = Directory().receive(datagram, HOME, 1.0)
    assert (verdict.reply, verdict.agent) == (None, None)


@given(st.data())
def test_a_damaged_check_is_never_taken(data: st.DataObject) -> None:
    directory = Directory()
    agent = directory.create()
    datagram = bytearray(bytes(request(agent, nominate=True)))
    place = data.draw(st.integers(0, len(datagram) - 1))
    datagram[place] ^= data.draw(st.integers(1, 255))
    verdict = directory.receive(bytes(datagram), HOME, 1.0)
    assert verdict.agent is None
    assert agent.path is None


@given(st.lists(st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=30)), max_size=8))
def test_any_signed_set_of_attributes_gets_a_verdict(
    attributes: list[tuple[int, bytes]],
) -> None:
    directory = Directory()
    agent = directory.create()
    username = (stun.USERNAME, f"{agent.credentials.ufrag}:b".encode())
    key = agent.credentials.password.encode()
    datagram = stun.build(stun.BINDING_REQUEST, bytes(12), [username, *attributes], key)
    directory.receive(datagram, HOME, 1.0)
    directory.receive(stun.build(stun.BINDING_REQUEST, bytes(12), attributes), HOME, 1.0)
