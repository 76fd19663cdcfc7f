"""All 49 messages of RFC 4475, byte for byte, and what we make of each."""

from __future__ import annotations

from pathlib import Path

import pytest

from sip.core.bodies import session_description
from sip.core.message import MessageError, Request, Response, encode, parse
from sip.core.stream import Cutter
from sip.core.uri import NameAddr, Uri

TORTURE = Path(__file__).parent / "torture"

# §3.1.1, and those of §3.2 to §3.4 whose grammar is sound: what is wrong there is for a layer above to say
VALID = (
    *("wsinv", "intmeth", "esc01", "escnull", "esc02", "lwsdisp", "longreq", "dblreq", "semiuri"),
    *("transports", "mpart01", "unreason", "noreason"),
    *("badbranch", "unkscm", "novelsc", "unksm2", "bext01", "invut", "regaut01", "bcast", "zeromf"),
    *("cparam01", "cparam02", "regescrt", "sdp01", "inv2543"),
)
INVALID = {
    **dict.fromkeys(
        ("badinv01", "clerr", "ncl", "scalar02", "quotbal", "ltgtruri", "lwsruri", "lwsstart"), 400
    ),
    **dict.fromkeys(("trws", "escruri", "regbadct", "badaspec", "baddn", "mismatch01", "mismatch02"), 400),
    **dict.fromkeys(("insuf", "multi01", "mcl01"), 400),
    "badvers": 505,
}
DROPPED = ("scalarlg", "bigcode")  # responses: nobody can be told
FORGIVEN = ("baddate",)  # a time zone in Date, which we never read (§3.1.2.12 leaves the choice)


def torture(name: str) -> bytes:
    return (TORTURE / f"{name}.dat").read_bytes()


def request(name: str) -> Request:
    message = parse(torture(name))
    assert isinstance(message, Request)
    return message


def test_every_message_of_the_rfc_is_here_once() -> None:
    names = [*VALID, *INVALID, *DROPPED, *FORGIVEN]
    assert len(names) == len(set(names)) == 49
    assert {path.stem for path in TORTURE.glob("*.dat")} == set(names)


@pytest.mark.parametrize("name", [*VALID, *FORGIVEN])
def test_valid_message_is_read_and_written_again_with_the_same_meaning(name: str) -> None:
    message = parse(torture(name))
    again = parse(encode(message))
    for both in (message, again):
        both.headers.remove("Content-Length")
    assert again == message


@pytest.mark.parametrize("name", [*VALID, *FORGIVEN])
def test_all_parts_of_a_valid_message_can_be_read(name: str) -> None:
    message = parse(torture(name))
    assert message.via.transport
    assert message.cseq.number >= 0
    assert message.call_id
    assert str(message.sender)
    assert str(message.to)
    for header in ("Contact", "Route", "Record-Route"):
        for value in message.headers.all(header):
            assert str(NameAddr.parse(value)) == value
    if isinstance(message, Request):
        assert str(Uri.parse(message.uri)) == message.uri


@pytest.mark.parametrize("name", INVALID)
def test_invalid_request_is_refused_with_the_status_that_fits(name: str) -> None:
    with pytest.raises(MessageError) as refusal:
        parse(torture(name))
    assert refusal.value.status == INVALID[name]
    assert refusal.value.request is not None
    assert refusal.value.request.headers.get("Via")
    assert refusal.value.request.headers.get("CSeq")


@pytest.mark.parametrize("name", DROPPED)
def test_invalid_response_is_to_be_dropped(name: str) -> None:
    with pytest.raises(MessageError) as refusal:
        parse(torture(name))
    assert refusal.value.request is None


def test_white_space_is_allowed_nearly_everywhere() -> None:
    message = request("wsinv")
    assert message.sender.display == 'J Rosenberg \\"'
    assert (message.sender.tag, message.to.tag) == ("98asjd8", "1918181833n")
    assert (message.cseq.number, message.cseq.method) == (9, "INVITE")
    vias = message.headers.all("Via")
    assert len(vias) == 3
    assert (message.via.transport, message.via.host, message.via.branch) == ("UDP", "192.0.2.2", "390skdjuw")
    assert not message.via.modern
    contact = NameAddr.parse(message.headers.get("Contact") or "")
    assert contact.display == 'Quoted string ""'
    assert contact.params == {"newparam": "newvalue", "secondparam": None, "q": "0.33"}
    assert message.headers.get("Subject") == ""
    assert message.headers.get("NewFangledHeader") == "newfangled value continued newfangled value"
    assert message.headers.get("UnknownHeaderWithUnusualValue") == ";;,,;;,;"
    session = session_description(message)
    assert session is not None
    assert session.address == "192.0.2.4"


def test_the_widest_range_of_characters_survives() -> None:
    message = request("intmeth")
    assert message.method == "!interesting-Method0123456789_*+`.%indeed'~"
    uri = Uri.parse(message.uri)
    assert uri.user == "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"
    assert uri.password == "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"
    assert uri.host == "example.com"
    assert message.to.display == "BEL:\x07 NUL:\x00 DEL:\x7f"
    assert message.sender.params["fromparam''~+*_!.-%"] == "работающий"
    assert message.sender.tag == "_token~1'+`*%!-."


def test_escapes_are_resolved_once_and_written_as_they_came() -> None:
    message = request("esc01")
    assert Uri.parse(message.uri).user == "sips:user@example.com"
    assert message.to.uri.user == "user"
    contact = NameAddr.parse(message.headers.get("Contact") or "").uri
    assert contact.user == "caller"
    assert contact.params == {"lr": None, "name": "value%41"}
    assert request("escnull").to.uri.user == "null-\0-null"
    assert request("esc02").headers.all("Contact") == [
        "<sip:alias1@host1.example.com>",
        "<sip:alias3@host3.example.com>",
    ]


def test_a_semicolon_in_the_user_part_is_no_parameter() -> None:
    uri = Uri.parse(request("semiuri").uri)
    assert (uri.user, uri.params) == ("user;par=u@example.net", {})


def test_what_follows_in_a_datagram_is_ignored() -> None:
    message = request("dblreq")
    assert (message.method, message.body) == ("REGISTER", b"")


def test_on_a_stream_both_of_two_messages_count() -> None:
    cutter = Cutter()
    first, second = (parse(data) for data in cutter.feed(torture("dblreq")))
    assert (first.cseq.method, second.cseq.method) == ("REGISTER", "INVITE")
    assert len(second.body) == 150


# inv2543 is from before Content-Length; the second body of dblreq is longer than it says
@pytest.mark.parametrize("name", [name for name in VALID if name not in ("inv2543", "dblreq")])
def test_valid_messages_pass_one_after_the_other_through_a_stream(name: str) -> None:
    cutter = Cutter()
    pieces = [bytes([byte]) for byte in torture(name) + torture("zeromf")]
    messages = [parse(data) for piece in pieces for data in cutter.feed(piece)]
    assert messages[0] == parse(torture(name))
    assert messages[-1] == parse(torture("zeromf"))


def test_long_values_and_many_hops_are_kept() -> None:
    message = request("longreq")
    assert len(message.headers.all("Via")) == 34
    assert message.to.uri.params["unknownparam1"] == "very" + "long" * 20 + "value"


def test_a_binary_body_in_parts_is_kept_to_the_byte() -> None:
    message = request("mpart01")
    assert len(message.body) == 553
    assert b"\x30\x82\x01\x52\x06\x09" in message.body
    with pytest.raises(MessageError) as refusal:
        session_description(message)
    assert refusal.value.status == 415


def test_reasons_may_lack_or_be_of_any_script() -> None:
    full, empty = parse(torture("unreason")), parse(torture("noreason"))
    assert isinstance(full, Response)
    assert isinstance(empty, Response)
    assert full.reason.startswith("= 2**3 * 5**2 но сто")
    assert (empty.status, empty.reason) == (100, "")


def test_a_parameter_without_brackets_belongs_to_the_header() -> None:
    plain = NameAddr.parse(request("cparam01").headers.get("Contact") or "")
    bracketed = NameAddr.parse(request("cparam02").headers.get("Contact") or "")
    assert (plain.params, plain.uri.params) == ({"unknownparam": None}, {})
    assert (bracketed.params, bracketed.uri.params) == ({}, {"unknownparam": None})


def test_a_body_of_an_unknown_type_is_415() -> None:
    with pytest.raises(MessageError) as refusal:
        session_description(request("invut"))
    assert refusal.value.status == 415


def test_a_branch_that_is_only_the_cookie_cannot_be_relied_on() -> None:
    assert not request("badbranch").via.modern
