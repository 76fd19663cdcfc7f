"""Strangers and madmen at the whole gateway, while honest calls go on."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import secrets
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from sip.core.headers import Headers
from sip.core.message import MessageError, Request, Response, encode, parse
from sip.core.stream import Cutter
from sip.media import codecs
from tests.factories.handset import tone
from tests.factories.softphone import Softphone
from tests.sip.gateway.front import Front, Meeting, Stranger, descriptors, phone, rtp_packet
from tests.sip.room.house import share
from tests.waiting import eventually

HONEST, HOST, INJECTED = 997.0, 440.0, 1800.0
TORTURE = sorted((Path(__file__).parent.parent / "core" / "torture").glob("*.dat"))
pytestmark = pytest.mark.timeout(240)  # the first test waits for the server, too
SECRETS = ("stranger", "victim", "+4930777", "z9hG4bK")


@pytest.fixture(scope="module")
def front() -> Iterator[Front]:
    with Front() as front:
        yield front
        log = front.whole_log()
        assert front.complaints() == []
        assert [word for word in SECRETS if word in log] == []


@pytest.fixture
async def meeting(front: Front) -> AsyncIterator[Meeting]:
    async with Meeting(front) as meeting:
        yield meeting
    await front.until_empty()


@contextlib.asynccontextmanager
async def victim(front: Front) -> AsyncIterator[Stranger]:
    """A call at the reception that is there before and after."""
    with Stranger(front) as one, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        ear.setblocking(False)
        one.media = ear.getsockname()
        one.user = "victim"
        await one.answered()
        yield one
        await until_sound(ear)
        await one.goodbye()
    await front.until_empty()


async def until_sound(ear: socket.socket) -> None:
    """Wait for sound that was sent from now on."""
    with contextlib.suppress(BlockingIOError):
        while ear.recv(2048):
            pass
    await asyncio.wait_for(asyncio.get_running_loop().sock_recv(ear, 2048), 20)


def impostor(front: Front, source: str, of: Stranger) -> Stranger:
    """Somebody who knows everything about a call."""
    one = Stranger(front, source)
    one.call_id, one.tag, one.to_tag = of.call_id, of.tag, of.to_tag
    one.user, one.dialled, one.serial = of.user, of.dialled, of.serial + 10
    return one


@pytest.mark.parametrize("method", ["BYE", "INFO", "UPDATE", "INVITE", "REFER"])
async def test_requests_of_a_foreign_address_do_not_touch_a_call(front: Front, method: str) -> None:
    async with victim(front) as call:
        with impostor(front, "127.0.0.66", call) as one:
            one.say(one.request(method, body=one.offer()))
            response = await one.final(method)
            assert response is not None
            assert response.status == 481
        assert front.calls() == 1


@pytest.mark.parametrize("wrong", ["call_id", "tag", "to_tag"])
async def test_bye_with_a_wrong_name_does_not_end_a_call(front: Front, wrong: str) -> None:
    async with victim(front) as call:
        with impostor(front, "127.0.0.1", call) as one:
            setattr(one, wrong, "guessed")
            one.say(one.request("BYE"))
            response = await one.final("BYE")
            assert response is not None
            assert response.status == 481
        assert front.calls() == 1


async def test_replayed_invites_make_no_second_call(front: Front) -> None:
    with Stranger(front) as call, Stranger(front, "127.0.0.66") as thief:
        call.user = "victim"
        invite = call.invite()
        response = await call.final()
        assert response is not None
        call.say(call.request("ACK", seq=1))
        for _ in range(20):
            call.say(invite)
            thief.say(invite)
        await asyncio.sleep(0.2)
        assert front.calls() == 1
        await call.goodbye()
        for _ in range(20):
            call.say(invite)
            thief.say(invite)
        response = await thief.final(of_any=True)
        assert response is not None
        assert response.status == 482  # RFC 3261 §8.2.2.2: it has been here by another way
        assert front.calls() == 0


async def test_storm_of_cancels_ends_nothing(front: Front) -> None:
    async with victim(front) as call:
        with impostor(front, "127.0.0.1", call) as one:
            one.to_tag = ""
            for number in range(250):
                one.say(one.request("CANCEL", seq=1 + number % 3, branch=f"z9hG4bK{number % 50}"))
            response = await one.final("CANCEL")
            assert response is not None
            assert response.status == 481
        assert front.calls() == 1


async def test_flood_of_invites_leaves_room_for_others(front: Front, meeting: Meeting) -> None:
    with Stranger(front, "127.0.0.9") as flooder:
        calls = set[str]()
        for number in range(600):
            flooder.call_id, flooder.to_tag = f"flood{number}", ""
            flooder.invite(seq=1)
            if number % 50 == 0:
                await asyncio.sleep(0.01)
        async with phone(front, source="127.0.0.3") as honest:
            index = await meeting.bring_in(honest)
            honest.tone = HONEST
            await eventually(lambda: share(meeting.host.sound_of(index)[-3200:], HONEST) > 0.9, "a voice")
            while front.calls() > 1 or not calls:
                response = await flooder.final(within=0.3, of_any=True)
                if response is None:
                    continue
                if response.status == 200:
                    calls.add(response.call_id)
                    flooder.call_id, flooder.to_tag = response.call_id, response.to.tag or ""
                    flooder.say(flooder.request("ACK", seq=1))
                    flooder.say(flooder.request("BYE", seq=2))
                else:
                    assert response.status in (486, 503)
            assert len(calls) <= 20


async def test_who_only_asked_or_was_refused_is_forgotten(front: Front) -> None:
    """Not only calls end: neither is anything else of a caller held."""
    branch, traces = "z9hG4bKrefused", []
    for number, method in enumerate(("OPTIONS", "REGISTER", "MESSAGE", "BYE", "INVITE")):
        with Stranger(front) as one:
            one.user = f"+493077700{number:02}"
            traces.append(one.user)
            unknown = one.offer().replace(b" 8 101", b" 18")
            one.say(one.request(method, branch=branch, body=unknown if method == "INVITE" else b""))
            response = await one.final(method)
            assert response is not None
            assert (response.status == 488) is (method == "INVITE")
            one.to_tag = response.to.tag or ""
            one.say(one.request("ACK", seq=1, branch=branch))
    await eventually(lambda: not front.remembers(front.gateway_pid(), traces), "a clean memory", 60)


# sound


def voice(hertz: float) -> bytes:
    """20 ms of a tone as PCMA."""
    return codecs.make("PCMA").encode(tone(hertz, 12_000)(0))


async def hears(meeting: Meeting, index: int, hertz: float) -> None:
    await eventually(lambda: share(meeting.host.sound_of(index)[-3200:], hertz) > 0.9, "the caller's voice")


def injected(meeting: Meeting, index: int, since: int) -> float:
    """How much of a stranger's tone is in what the host has heard since."""
    heard = meeting.host.sound_of(index)[since:]
    pieces = [heard[at : at + 3200] for at in range(0, len(heard) - 3200, 1600)]
    return max((share(piece, INJECTED) for piece in pieces), default=0.0)


async def test_no_stranger_is_heard_and_no_key_of_a_stranger_counts(front: Front, meeting: Meeting) -> None:
    """RTP, digits and RTCP from another address and from another port; junk from the right one."""
    async with phone(front) as caller:
        index = await meeting.bring_in(caller)
        caller.tone = HONEST
        await hears(meeting, index, HONEST)
        assert caller.agreement is not None
        rtp = caller.agreement.remote
        rtcp = (rtp[0], rtp[1] + 1)
        since = len(meeting.host.sound_of(index))
        rng = random.Random(7)
        strangers = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
        strangers[0].bind(("127.0.0.66", 0))
        strangers[1].bind(("127.0.0.1", 0))
        assert caller._leg is not None
        before = caller._leg.stats
        for number in range(75):
            for stranger in strangers:
                stranger.sendto(rtp_packet(number, voice(INJECTED)), rtp)
                event = struct.pack("!BBH", 10 if number % 20 < 10 else 6, 0x80 | 10, 800)
                stranger.sendto(rtp_packet(number, event, payload_type=101, marker=True), rtp)
                stranger.sendto(struct.pack("!BBHI", 0x81, 203, 1, 0xBAD), rtcp)
                stranger.sendto(struct.pack("!BBHI", 0x81, 203, 1, 0xBAD), rtp)
            for target in (rtp, rtcp):
                caller._leg._rtp.sendto(rng.randbytes(rng.randrange(0, 200)), target)
                caller._leg._rtcp.sendto(struct.pack("!BB", 0x80, 200) + rng.randbytes(30), target)
                caller._leg._rtp.sendto(rtp_packet(number, b"", payload_type=rng.randrange(128)), target)
            await asyncio.sleep(0.02)
        for stranger in strangers:
            stranger.close()
        leg = caller._leg
        # The gateway goes on to send, each frame once, whatever a stranger's RTCP says.
        await eventually(lambda: leg.stats.received >= before.received + 75, "sound for the caller")
        assert leg.stats.duplicated == before.duplicated
        assert leg.stats.refused == before.refused
        await hears(meeting, index, HONEST)
        assert injected(meeting, index, since) < 0.05
        assert not meeting.phones()[index]["muted"]
        await caller.hang_up()


async def test_keys_of_a_stranger_do_not_count_at_the_reception(front: Front, meeting: Meeting) -> None:
    """A whole right PIN from the wrong address opens nothing."""
    async with phone(front) as caller:
        await caller.dial("meet")
        assert caller.agreement is not None
        rtp = caller.agreement.remote
        await eventually(lambda: len(caller.heard) > 75, "the question for the PIN")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.bind(("127.0.0.66", 0))
            for place, key in enumerate(f"{meeting.pin}#"):
                event = struct.pack("!BBH", "0123456789*#".index(key), 0x80 | 10, 800)
                stranger.sendto(rtp_packet(place * 10, event, payload_type=101, marker=True), rtp)
                await asyncio.sleep(0.02)
        heard = len(caller.heard)
        await eventually(lambda: len(caller.heard) > heard + 50, "a second")
        assert meeting.waiting == 0
        caller.press(f"{meeting.pin}#")
        await eventually(lambda: meeting.waiting == 1, "the lobby")
        await caller.hang_up()


# fuzz


def mutations(one: Stranger, rng: random.Random) -> Iterator[bytes]:
    """Messages that were valid once."""
    seeds = [one.request(method, body=one.offer()) for method in ("INVITE", "OPTIONS", "UPDATE", "MESSAGE")]
    seeds += [one.request(method) for method in ("BYE", "ACK", "CANCEL", "REGISTER", "PRACK", "SUBSCRIBE")]
    seeds += [file.read_bytes() for file in TORTURE]
    seeds.append(b"SIP/2.0 200 OK\r\n" + seeds[0].partition(b"\r\n")[2])
    while True:
        data = bytearray(rng.choice(seeds))
        for _ in range(rng.randrange(1, 6)):
            at = rng.randrange(len(data))
            match rng.randrange(6):
                case 0:
                    data[at] = rng.randrange(256)
                case 1:
                    del data[at : at + rng.randrange(1, 40)]
                case 2:
                    data[at:at] = rng.choice(
                        (b"\0", b"\r\n", b'"', b"<", b"\xff\xfe", b"%", b";", b":", b"9" * 30)
                    )
                case 3:
                    data[at:at] = data[at : at + rng.randrange(200)]
                case 4:
                    other = rng.choice(seeds)
                    data[at:] = other[rng.randrange(len(other)) :]
                case _:
                    data[at:at] = bytes([data[at]]) * rng.randrange(1, 400)
            if not data:
                break
        yield bytes(data[:60_000])


def processor_seconds(pid: int) -> float:
    """What a process has used of the processors so far."""
    times = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")


def end_accepted(answers: list[bytes], closer: Stranger) -> None:
    """Confirm and end the calls that broken INVITEs have made, or they would wait for half a minute."""
    for data in answers:
        with contextlib.suppress(MessageError):
            response = parse(data)
            if not isinstance(response, Response) or response.status != 200:
                continue
            if response.cseq.method == "INVITE":
                for number, method in enumerate(("ACK", "BYE")):
                    via = f"SIP/2.0/UDP {closer.source}:{closer.port};branch=z9hG4bK{secrets.token_hex(8)}"
                    names = [(name, response.headers.get(name) or "") for name in ("From", "To", "Call-ID")]
                    seq = ("CSeq", f"{response.cseq.number + number} {method}")
                    headers = Headers([("Via", via), *names, seq, ("Max-Forwards", "70")])
                    closer.say(encode(Request(method, "sip:meet@127.0.0.1", headers)))


async def fuzz_over_udp(front: Front, count: int) -> None:
    sources = [Stranger(front, f"127.0.0.{number}") for number in range(20, 28)]
    inputs = mutations(sources[0], random.Random(20))
    for number in range(count):
        one = sources[number % len(sources)]
        one.say(next(inputs))
        if number % 16 == 0:
            await asyncio.sleep(0.01)
        with contextlib.suppress(BlockingIOError):
            end_accepted([one.socket.recv(65_536)], one)
    for one in sources:
        while (answer := await one.final(within=0.3, of_any=True)) is not None:
            end_accepted([encode(answer)], one)
        one.socket.close()


async def fuzz_over_tcp(front: Front, count: int) -> None:
    with Stranger(front) as model:
        inputs = mutations(model, random.Random(21))
        for group in range(count // 25):
            source = f"127.0.0.{30 + group % 8}"
            with Stranger(front, source) as closer:
                end_accepted(await talk(source, model.target, [next(inputs) for _ in range(25)]), closer)


async def talk(source: str, target: tuple[str, int], messages: list[bytes]) -> list[bytes]:
    """Send over one connection until it is cut; what came back."""
    loop, answers = asyncio.get_running_loop(), b""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as one, contextlib.suppress(OSError):
        one.setblocking(False)
        one.bind((source, 0))
        await loop.sock_connect(one, target)
        for message in messages:
            await loop.sock_sendall(one, message)
        one.shutdown(socket.SHUT_WR)
        while data := await asyncio.wait_for(loop.sock_recv(one, 65_536), 15):
            answers += data
    return Cutter().feed(answers)


async def stay_at_the_reception(caller: Softphone) -> None:
    """Begin with the PIN again and again: who says nothing is hung up after half a minute."""
    while True:
        caller.press("*")
        await asyncio.sleep(3)


@pytest.mark.parametrize("fuzz", [fuzz_over_udp, fuzz_over_tcp])
async def test_thousands_of_broken_messages_do_not_disturb_calls(
    front: Front, meeting: Meeting, fuzz: Callable[[Front, int], Awaitable[None]]
) -> None:
    """One call in the meeting, one at the reception: both go on, and no message costs more than another."""
    pid, open_before = front.gateway_pid(), descriptors(front.gateway_pid())
    async with phone(front) as inside, phone(front, source="127.0.0.4") as outside:
        index = await meeting.bring_in(inside)
        inside.tone = HONEST
        await outside.dial("meet")
        staying = asyncio.create_task(stay_at_the_reception(outside))
        used = processor_seconds(pid)
        await fuzz(front, 2500)
        used = processor_seconds(pid) - used
        staying.cancel()
        assert used < 2500 * 0.002
        heard = len(outside.heard)
        await eventually(lambda: len(outside.heard) > heard + 50, "the reception to go on")
        await hears(meeting, index, HONEST)
        assert outside.reason is None
        await inside.hang_up()
        await outside.hang_up()
    assert front.gateway_pid() == pid
    await eventually(lambda: front.calls() == 0, "calls that nobody confirmed to end", within=45)
    await eventually(lambda: descriptors(pid) <= open_before + 2, "sockets to be closed")


# the control socket


@pytest.mark.parametrize(
    "line",
    [
        b"\n", b"{}\n", b"[]\n", b"null\n", b'"dial"\n', b"\xff\n", b'{"do": ["dial"]}\n', b'{"do": {}}\n',
        b'{"do": "dial"}\n', b'{"do": "dial", "room": 1, "number": 2, "language": 3, "account": 4}\n',
        b'{"do": "dial", "room": "r", "number": "+493012", "language": "en", "account": true}\n',
        b"[" * 3000 + b"\n", b'{"do": "end"}\n', b'{"do": "status"', b'{"do":' + b" " * 3000 + b'"st"}\n',
    ],
)  # fmt: skip
def test_junk_at_the_control_socket_gets_an_answer(front: Front, line: bytes) -> None:
    if line.endswith(b"\n"):
        assert front.ask(line)["error"] in ("bad-question", "no-trunk", "not-allowed")
    else:
        with contextlib.suppress(TimeoutError):
            assert front.ask(line, 0.2) == {}
    assert front.ask(b'{"do": "status"}\n')["ok"] is True


def test_endless_question_at_the_control_socket_is_cut(front: Front) -> None:
    assert front.ask(b"x" * 200_000) == {}
    assert front.ask(b'{"do": "status"}\n')["ok"] is True
