"""URIs and name-addrs: their parts, their equality, what is refused."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.core.parsing import MessageError
from sip.core.uri import NameAddr, Uri, host_port, write_host
from sip.core.via import CSeq, Via

# RFC 3261 §19.1.4
EQUAL = [
    ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
    ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
    ("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"),
    (
        "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
        "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
    ),
    (
        "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
        "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
    ),
    ("tel:+49-30-1234", "tel:+49301234"),
    ("sip:[2001:db8::1]", "sip:[2001:DB8::1]"),
]
DIFFERENT = [
    ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
    ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
    ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
    ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
    ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
    ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
    ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
    ("sip:a@x", "sips:a@x"),
    ("sip:a:p@x", "sip:a@x"),
    ("sip:a@x;maddr=192.0.2.1", "sip:a@x"),
    ("tel:1", "sip:1@x"),
    ("urn:a", "urn:b"),
]


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_equal_as_the_rfc_says(one: str, other: str) -> None:
    assert Uri.parse(one) == Uri.parse(other)
    assert hash(Uri.parse(one)) == hash(Uri.parse(other))


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_as_the_rfc_says(one: str, other: str) -> None:
    assert Uri.parse(one) != Uri.parse(other)


def test_all_parts_of_a_sip_uri() -> None:
    uri = Uri.parse("sips:j%40doe:se%3Acret@[2001:db8::9:1]:5071;transport=tls;lr;x=%3b?Subject=a%26b&to=c")
    assert (uri.scheme, uri.user, uri.password) == ("sips", "j@doe", "se:cret")
    assert (uri.host, uri.port) == ("2001:db8::9:1", 5071)
    assert uri.params == {"transport": "tls", "lr": None, "x": ";"}
    assert uri.headers == {"subject": "a&b", "to": "c"}
    assert uri.secure


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("tel:+49-(30)-12.34;phone-context=x", "+49301234"),
        ("sip:+4930-1234;ext=5@trunk.example;user=phone", "+49301234"),
        ("sip:%2B4930@x", "+4930"),
        ("sip:*31*030@x", "*31*030"),
    ],
)
def test_numbers_without_separators_and_parameters(text: str, number: str) -> None:
    assert Uri.parse(text).number == number


@pytest.mark.parametrize(
    "text",
    [
        *("", "sip", "sip:", ":x", "1sip:x", "sip:a b@x", "<sip:x>", "sip:@x", "sip:a@", "sip:a@b@c"),
        *("sip:x:", "sip:x:65536", "sip:x:-1", "sip:[::1", "sip:[zz]", "sip:::1", "sip:x;;lr", "sip:a%4@x"),
        *("sip:a%zz@x", "tel:", "tel:abcxyz", "sip:x\0y", 'sip:"x"@y', "sip:ä", "sip:x?a\x7f", "sip:x:٣"),
        *("sip:x;;", "sip:x;=y", "tel:1;;"),
    ],
)
def test_malformed_uris_are_refused(text: str) -> None:
    with pytest.raises(MessageError) as refusal:
        Uri.parse(text)
    assert refusal.value.status == 400


@pytest.mark.parametrize("text", ["sip:x;", "sip:x;lr;", "tel:1;"])
def test_one_semicolon_too_many_is_forgiven(text: str) -> None:
    assert "" not in Uri.parse(text).params


def test_a_changed_uri_is_written_anew_and_an_unchanged_one_as_it_came() -> None:
    came = Uri.parse("sip:%61lice@EXAMPLE.com;%6Cr")
    assert str(came) == "sip:%61lice@EXAMPLE.com;%6Cr"
    assert str(replace(came, port=5070)) == "sip:alice@EXAMPLE.com:5070;lr"
    assert str(Uri.parse("sip:a@x;method=BYE;lr?subject=x").bare()) == "sip:a@x;lr"
    assert str(came.bare()) == str(came)


def test_an_ipv6_host_gets_its_brackets() -> None:
    assert str(Uri("sip", host="2001:db8::1", port=5060)) == "sip:[2001:db8::1]:5060"
    assert host_port(write_host("2001:db8::1", 5060)) == ("2001:db8::1", 5060)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("sip:[2001:db8::10]", "2001:db8::10", None),  # RFC 5118 §4.1
        ("sip:[2001:db8::10:5070]", "2001:db8::10:5070", None),  # §4.3: no port, however it looks
        ("sip:[2001:db8::10]:5070", "2001:db8::10", 5070),  # §4.4
        ("sip:user@[::ffff:192.0.2.10]:19823", "::ffff:192.0.2.10", 19823),  # §4.10
    ],
)
def test_ipv6_references(text: str, host: str, port: int | None) -> None:
    uri = Uri.parse(text)
    assert (uri.host, uri.port) == (host, port)


def test_an_ipv6_address_without_brackets_is_refused() -> None:
    with pytest.raises(MessageError):  # RFC 5118 §4.2
        Uri.parse("sip:2001:db8::10")


names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)


@given(names, st.none() | names, st.dictionaries(names.map(str.lower), st.none() | names, max_size=3))
def test_whatever_the_parts_hold_they_are_read_as_written(
    user: str, password: str | None, params: dict[str, str | None]
) -> None:
    params = {name: value for name, value in params.items() if name == name.lower()}
    uri = Uri("sip", user, "example.com", 5060, params, {}, password)
    again = Uri.parse(str(uri))
    assert (again.user, again.password, again.params) == (user, password, params)
    assert again == uri


@given(st.text() | st.from_regex(r"\A(sips?|tel):[ -~]*\Z"))
def test_no_text_breaks_the_readers_otherwise(text: str) -> None:
    for read in (Uri.parse, NameAddr.parse, Via.parse, CSeq.parse, host_port):
        with suppress(MessageError):
            read(text)


@pytest.mark.parametrize(
    ("text", "display", "uri", "params"),
    [
        ("sip:a@x;tag=1", "", "sip:a@x", {"tag": "1"}),
        ("<sip:a@x;tag=1>", "", "sip:a@x;tag=1", {}),
        ("  A. Bell  the   Elder<sip:a@x> ; tag = 1", "A. Bell the Elder", "sip:a@x", {"tag": "1"}),
        ('"Bell, \\"A\\" <x>" <sip:a@x>;tag=1', 'Bell, "A" <x>', "sip:a@x", {"tag": "1"}),
        ("Müller (Büro) <tel:+4930>", "Müller (Büro)", "tel:+4930", {}),
        ('"" <sip:a@x>;tag=1', "", "sip:a@x", {"tag": "1"}),
        ("<sip:a,b@x?Route=%3C>;x", "", "sip:a,b@x?Route=%3C", {"x": None}),
        (
            '<sip:x>;+sip.instance="<urn:uuid:0>";a="\\""',
            "",
            "sip:x",
            {"+sip.instance": "<urn:uuid:0>", "a": '"'},
        ),
        ("<urn:service:sos>", "", "urn:service:sos", {}),
    ],
)
def test_forms_of_a_name_addr(text: str, display: str, uri: str, params: dict[str, str | None]) -> None:
    value = NameAddr.parse(text)
    assert (value.display, str(value.uri), value.params) == (display, uri, params)
    assert str(value) == text.strip()
    assert NameAddr.parse(str(NameAddr(value.display, value.uri, value.params))) == value


@pytest.mark.parametrize(
    "text",
    [
        *('"A <sip:a@x>', "A, B <sip:a@x>", "<sip:a@x", "sip:a@x>", "< sip:a@x >", "<sip:a@x> x", "*", ""),
        *("sip:a@x?b=c", "sip:a,b@x", "<>", '"A" sip:a@x', "<sip:a@x>;;", '<sip:a@x>;tag="', "<<sip:a@x>>"),
    ],
)
def test_malformed_name_addrs_are_refused(text: str) -> None:
    with pytest.raises(MessageError):
        NameAddr.parse(text)


def test_a_tag_is_put_into_a_name_addr() -> None:
    value = NameAddr.parse("Bell <sip:a@x>;x=1")
    assert str(value.with_tag("t")) == '"Bell" <sip:a@x>;x=1;tag=t'
    assert value.with_tag("t").with_tag("t").tag == "t"


def test_via_is_stamped_as_servers_do() -> None:
    via = Via.parse("SIP/2.0/UDP phone.example:5062;rport;branch=z9hG4bKa")
    assert str(via.received_from(("192.0.2.9", 4711))) == (
        "SIP/2.0/UDP phone.example:5062;rport=4711;branch=z9hG4bKa;received=192.0.2.9"
    )
    plain = Via.parse("SIP/2.0/TCP [2001:DB8::1];branch=z9hG4bKa")
    assert str(plain.received_from(("2001:db8::1", 4711))) == "SIP/2.0/TCP [2001:DB8::1];branch=z9hG4bKa"
    assert plain.sent_by == "[2001:db8::1]"
    assert (
        Via.parse("SIP/2.0/UDP h;received=[2001:db8::1];branch=z9hG4bKa").params["received"]
        == "[2001:db8::1]"
    )
    assert Via.parse("SIP/2.0/UDP h;received=2001:db8::1;branch=z9hG4bKa").params["received"] == "2001:db8::1"


@pytest.mark.parametrize(
    "text", ["", "SIP/2.0/UDP", "SIP/3.0/UDP h", "UDP h", "SIP/2.0/UDP h h", "SIP/2.0/UDP h;;"]
)
def test_malformed_vias_are_refused(text: str) -> None:
    with pytest.raises(MessageError):
        Via.parse(text)


@pytest.mark.parametrize(
    "text", ["", "1", "INVITE", "-1 INVITE", "2147483648 INVITE", "1 2 3", "1INVITE", "٣ BYE"]
)
def test_malformed_cseqs_are_refused(text: str) -> None:
    with pytest.raises(MessageError):
        CSeq.parse(text)


def test_numbers_and_names_stay_out_of_reprs() -> None:
    value = NameAddr.parse('"Bell" <sip:+4930@x>')
    assert not {"Bell", "4930"} & set(repr(value).replace("<", " ").replace(">", " ").split())
    assert "4930" not in repr(value) + repr(value.uri)
