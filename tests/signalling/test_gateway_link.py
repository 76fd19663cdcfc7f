"""The telephone gateway's link over the relay's real Unix socket: frames, floods, silence, the end."""

from __future__ import annotations

import asyncio
import gc
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onmeet.signalling import client, server, wire
from onmeet.signalling.news import RelayKey
from tests.factories.relay import QuietRelay, quiet_relay
from tests.factories.telephone import GatewayClient, call_name, rtp

CODE = "abc-defg-hjk"
"""Where the quiet relay's tickets lead."""


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncIterator[QuietRelay]:
    async with quiet_relay(tmp_path / "relay.sock") as relay:
        yield relay


@pytest.fixture
async def link(relay: QuietRelay) -> AsyncIterator[GatewayClient]:
    link = await GatewayClient.open(relay.path, CODE)
    yield link
    await link.close()


async def only(relay: QuietRelay, count: int) -> None:
    """Wait until no more than so many connections are left."""
    async with asyncio.timeout(30):
        while relay.server.links > count:  # noqa: ASYNC110 - the server need not tell anybody
            await asyncio.sleep(0)


async def test_a_call_from_the_lobby_into_the_meeting_and_out_of_it(
    relay: QuietRelay, link: GatewayClient
) -> None:
    assert (await link.wait_for("attached"))["live"] is False
    call = link.ring(1, label="…4567")
    ada = await relay.joined("Ada", "host")
    (caller,) = (await ada.wait_for("callers"))["waiting"]
    assert (caller["call"], caller["label"]) == (call, "…4567")
    assert (await link.wait_for("room", lambda m: m["live"]))["instance"] == ada.welcome["room"]["instance"]
    await ada.send("admit", call=call)
    index = (await link.wait_for("admitted"))["index"]
    assert (await ada.wait_for("joined"))["participant"]["call"] == call
    await ada.send("key", body={"kind": "epoch", "n": 1})
    assert (await link.wait_for("key"))["body"] == {"kind": "epoch", "n": 1}
    link.say("state", call=call, hand=True)
    assert (await ada.wait_for("changed"))["hand"] is True
    link.sound(index, rtp(index, 1))
    link.say("hang-up", call=call)
    assert (await ada.wait_for("left"))["reason"] == "left"
    telephone = relay.media.only_room.telephone
    assert telephone is not None
    assert telephone.frames == [index.to_bytes(2, "big") + rtp(index, 1)]
    await ada.leave()
    assert (await link.wait_for("room", lambda m: not m["live"]))["why"] == "empty"


async def test_a_link_that_is_cut_takes_its_callers_out_at_once(
    relay: QuietRelay, link: GatewayClient
) -> None:
    call = link.ring(1)
    ada = await relay.joined("Ada", "host")
    await ada.wait_for("callers")
    await ada.send("admit", call=call)
    await ada.wait_for("joined")
    await link.close()
    assert (await ada.wait_for("left"))["reason"] == "lost"
    assert relay.registry.gateways == 0
    await ada.end()


async def test_a_newer_link_is_the_one_that_counts(relay: QuietRelay, link: GatewayClient) -> None:
    await link.wait_for("attached")
    newer = await GatewayClient.open(relay.path, CODE)
    await newer.wait_for("attached")
    await asyncio.wait_for(link.ended.wait(), 30)
    assert link.closed == 4409
    newer.ring(1)
    ada = await relay.joined("Ada", "host")
    assert len((await ada.wait_for("callers"))["waiting"]) == 1
    await ada.end()
    await newer.close()


async def test_sound_down_is_framed_by_index(relay: QuietRelay, link: GatewayClient) -> None:
    ada = await relay.joined("Ada", "host")
    await link.wait_for("attached")
    telephone = relay.media.only_room.telephone
    assert telephone is not None
    for index in (0, 513, 1023):
        assert telephone.sink.sound(index, bytearray(rtp(index, 7)))
    assert await link.wait_for_sounds(3) == [(index, rtp(index, 7)) for index in (0, 513, 1023)]
    await ada.end()


async def test_a_link_that_does_not_read_loses_sound_and_blocks_nobody(
    relay: QuietRelay, link: GatewayClient
) -> None:
    ada = await relay.joined("Ada", "host")
    await link.wait_for("attached")
    telephone = relay.media.only_room.telephone
    assert telephone is not None
    link.pause()
    packet = rtp(0, 1, bytes(1000))
    sent = [telephone.sink.sound(0, packet) for _ in range(3000)]
    assert sent[0] is True
    assert sent[-1] is False
    waiting = max(link._transport.get_write_buffer_size() for link in relay.server._links if link._transport)
    assert waiting <= server.SOUND_LIMIT + 2000
    await ada.send("name", name="Still here")
    await ada.wait_for("changed", name="Still here")
    link.resume()
    assert len(await link.wait_for_sounds(sent.count(True))) == sent.count(True)
    assert telephone.sink.sound(0, packet)  # and now there is room again
    await ada.end()


async def test_a_link_that_never_reads_its_messages_is_cut(
    relay: QuietRelay, link: GatewayClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "UNSENT_LIMIT", 200_000)
    idle = await GatewayClient.open(relay.path, "klm-nopq-rst")
    await idle.wait_for("attached")
    idle.pause()
    gateway = relay.registry._gateways["klm-nopq-rst"]
    for _ in range(200):
        gateway.tell(RelayKey(0, {"kind": "epoch", "filling": "x" * 10_000}))
    async with asyncio.timeout(30):
        while "klm-nopq-rst" in relay.registry._gateways:  # noqa: ASYNC110 - the registry tells nobody
            await asyncio.sleep(0)
    assert relay.registry.gateways == 1
    idle.resume()
    await idle.close()


async def test_a_flood_is_closed_with_4429(relay: QuietRelay, link: GatewayClient) -> None:
    await link.wait_for("attached")
    for _ in range(1000):
        link.say("hang-up", call=call_name(1))
    await asyncio.wait_for(link.ended.wait(), 30)
    assert link.closed == 4429
    assert relay.registry.gateways == 0


async def test_nonsense_gets_errors_and_bad_frames_end_the_link(
    relay: QuietRelay, link: GatewayClient
) -> None:
    link.say_raw(b"nonsense")
    assert (await link.wait_for("error"))["code"] == "bad-json"
    link.say_raw(b"{" + b" " * 100_000 + b"}")
    assert (await link.wait_for("error"))["code"] == "too-large"
    link.sound(0, b"")
    call = link.ring()
    link.say("state", call=call, hand=True)
    assert (await link.wait_for("error"))["code"] == "not-now"
    link.write(b"Z\0\0\0\0")
    await asyncio.wait_for(link.ended.wait(), 30)
    await only(relay, 0)
    assert relay.registry.gateways == 0


@pytest.mark.parametrize("kind", ["T", "Q", "F", "G", "R", "E"])
async def test_a_link_is_nothing_else_later(relay: QuietRelay, link: GatewayClient, kind: str) -> None:
    await link.wait_for("attached")
    link.write(wire.encode(wire.Kind(ord(kind)), b"{}"))
    await asyncio.wait_for(link.ended.wait(), 30)
    assert relay.registry.gateways == 0


@pytest.mark.parametrize(
    "opening",
    [b"", b"{}", b"[]", b'{"room": "../x", "expires": 9e12}', b'{"room": "abc-defg-hjk", "expires": 1}',
     b'{"room": "abc-defg-hjk"}'],
)  # fmt: skip
async def test_a_link_that_opens_badly_is_cut(relay: QuietRelay, opening: bytes) -> None:
    reader, writer = await asyncio.open_unix_connection(str(relay.path))
    writer.write(wire.encode(wire.Kind.GATEWAY, opening))
    async with asyncio.timeout(30):
        assert await reader.read(-1) == b""
    writer.close()
    assert relay.registry.gateways == 0


async def test_sound_before_the_opening_is_out_of_place(relay: QuietRelay) -> None:
    reader, writer = await asyncio.open_unix_connection(str(relay.path))
    writer.write(wire.pack_sound(0, rtp(0, 1)))
    async with asyncio.timeout(30):
        assert await reader.read(-1) == b""
    writer.close()


async def test_a_browser_cannot_send_sound_over_the_socket(relay: QuietRelay) -> None:
    ada = await relay.joined("Ada", "host")
    ada._transport._writer.write(wire.pack_sound(0, rtp(0, 1)))  # type: ignore[attr-defined]
    await asyncio.wait_for(ada.closed.wait(), 30)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=40,
)
@given(noise=st.lists(st.binary(max_size=100), max_size=8), sound=st.booleans())
def test_any_frames_leave_relay_and_other_rooms_alone(
    tmp_path: Path, noise: list[bytes], sound: bool
) -> None:
    async def run() -> None:
        path = tmp_path / f"{time.monotonic_ns()}.sock"
        async with quiet_relay(path) as relay:
            link = await GatewayClient.open(path, CODE)
            ada = await relay.joined("Ada", "host")
            for each in noise:
                link.write(wire.encode(wire.Kind.AUDIO if sound else wire.Kind.MESSAGE, each))
            call = link.ring(1)
            assert [c["call"] for c in (await ada.wait_for("callers"))["waiting"]] == [call]
            assert relay.counters.faults == 0
            await ada.end()
            await link.close()

    asyncio.run(run())


async def test_the_end_of_the_relay_is_told_with_1012(tmp_path: Path) -> None:
    async with quiet_relay(tmp_path / "relay.sock") as relay:
        link = await GatewayClient.open(relay.path, CODE)
        ada = await relay.joined("Ada", "host")
        await link.wait_for("attached")
        await relay.server.close()
        await asyncio.wait_for(link.ended.wait(), 30)
        assert link.closed == 1012
        await asyncio.wait_for(ada.closed.wait(), 30)
        await link.close()
        await ada.end()


async def test_hundreds_of_calls_leave_nothing_behind(relay: QuietRelay, link: GatewayClient) -> None:
    ada = await relay.joined("Ada", "host")
    await link.wait_for("attached")

    async def one(number: int) -> None:
        call = link.ring(number % 250)
        async with asyncio.timeout(30):
            while call not in relay.registry._gateways[CODE].calls:  # noqa: ASYNC110
                await asyncio.sleep(0)
        await ada.send("admit", call=call)
        await link.wait_for("admitted")
        link.say("hang-up", call=call)
        await ada.wait_for("left")
        ada.inbox.clear()
        link.inbox.clear()

    for number in range(30):
        await one(number)
    gc.collect()
    before = len(gc.get_objects())
    for number in range(60):
        await one(number)
        await ada.send("ping", ack=ada.received)
    gc.collect()
    assert len(gc.get_objects()) - before < 1500
    telephone = relay.media.only_room.telephone
    assert telephone is not None
    assert telephone.phones == {}
    await ada.end()


async def test_a_pin_is_asked_for_as_the_gateway_does(relay: QuietRelay) -> None:
    ada = await relay.joined("Ada", "host", phone=True)
    pin = ada.welcome["room"]["pin"]

    def ask(question: object) -> dict[str, object]:
        return client.query(relay.path, {"query": "pin", "pin": question}, 30)

    assert await asyncio.to_thread(ask, pin) == {"room": CODE}
    assert await asyncio.to_thread(ask, "00000000" if pin != "00000000" else "1") == {"room": None}
    assert await asyncio.to_thread(ask, {"a": json.dumps("b")}) == {"room": None}
    await ada.leave()
    assert await asyncio.to_thread(ask, pin) == {"room": None}
