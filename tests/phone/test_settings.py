"""The telephone's file: what it means, and what is said of a file that cannot be used."""

from __future__ import annotations

import contextlib
import ipaddress
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onmeet.config import Config
from onmeet.errors import ConfigError
from onmeet.notices.fields import Wrong
from onmeet.phone.fields import FIELDS
from onmeet.phone.settings import DialIn, DialOut, PhoneSettings, Trunk, load, parse

DOCS = Path(__file__).resolve().parents[2] / "docs" / "phone"
_PROVIDERS = ("PBX", "TRUNK", "SIPGATE", "TELEKOM", "TWILIO", "TELNYX")
SECRETS = {f"{provider}_PASSWORD": "s3cret" for provider in _PROVIDERS}

TRUNK = '[[trunk]]\nname = "a"\nregistrar = "sip.example.net"\nuser = "x"\npassword = "s3cret"\n'
DIAL_OUT = '[dial_out]\ntrunk = "a"\nprefixes = ["+49"]\nmonthly_cents = 100\nrates = { "+49" = 1.5 }\n'


def config(tmp_path: Path, phone: str) -> Config:
    return Config.from_env({"ONMEET_DATA": str(tmp_path / "var"), "ONMEET_PHONE": phone})


def complaints(text: str, **environ: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse(text, "phone.toml", environ)
    return [line.strip() for line in str(caught.value).splitlines()[1:]]


# -- what is right -----------------------------------------------------------------------------------


def test_without_a_file_there_is_no_trunk_but_all_languages(tmp_path: Path) -> None:
    settings = load(config(tmp_path, ""))
    assert settings == PhoneSettings()
    assert settings.languages == ("de", "en", "fr")


def test_a_registrar_and_a_user_are_enough_for_a_trunk() -> None:
    (trunk,) = parse(TRUNK, "phone.toml", {}).trunks
    assert trunk == Trunk(
        name="a", host="sip.example.net", user="x", auth_user="x", from_user="x", password="s3cret",
        from_domain="sip.example.net", register=True,
    )  # fmt: skip


def test_a_host_is_not_registered_at() -> None:
    (trunk,) = parse('[[trunk]]\nname = "a"\nhost = "[2001:DB8::0:1]"\n', "phone.toml", {}).trunks
    assert (trunk.host, trunk.register, trunk.user) == ("2001:db8::1", False, "")


def test_the_file_is_found_by_its_path_and_its_files_relative_to_it(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("")
    file = tmp_path / "phone.toml"
    file.write_text(TRUNK + 'transport = "tls"\ntls_authority = "ca.pem"\n', "utf-8-sig")
    (trunk,) = load(config(tmp_path, str(file))).trunks
    assert trunk.tls_authority == str(tmp_path / "ca.pem")


def test_the_text_itself_may_be_the_setting(tmp_path: Path) -> None:
    assert load(config(tmp_path, TRUNK)).trunk("a") is not None
    assert load(config(tmp_path, "max_calls = 7")).max_calls == 7


def test_the_password_comes_from_the_environment_and_is_never_shown() -> None:
    text = TRUNK.replace('password = "s3cret"', 'password_env = "MY_TRUNK"')
    settings = parse(text, "phone.toml", {"MY_TRUNK": "s3cret"})
    assert settings.trunks[0].password == "s3cret"
    assert "s3cret" not in repr(settings)


def test_networks_are_read_with_host_bits() -> None:
    (trunk,) = parse(TRUNK + 'allow = ["198.51.100.7/24", "2001:db8::1"]\n', "phone.toml", {}).trunks
    assert trunk.allow == (ipaddress.ip_network("198.51.100.0/24"), ipaddress.ip_network("2001:db8::1/128"))


def test_a_dialled_number_is_found_however_the_trunk_writes_it() -> None:
    numbers = '[[number]]\nnumber = "+49 30 1234567"\ntrunk = "a"\ndialled = ["800"]\n'
    numbers += '[[number]]\nnumber = "+49 40 1234567"\ntrunk = "a"\n'
    settings = parse(TRUNK + 'country = "DE"\n' + numbers, "phone.toml", {})
    berlin = DialIn(number="+49301234567", country="DE", trunk="a", dialled=("800",))
    for dialled in ("+49301234567", "0301234567", "49301234567", "00493 01234567", "800", "+49 (30) 1234567"):
        assert settings.dial_in(dialled, "a") == berlin, dialled
    assert settings.dial_in("0221555", "a") is None
    assert settings.dial_in("0301234567", None) is None


def test_a_trunk_with_one_number_means_it_whatever_it_writes() -> None:
    settings = parse(TRUNK + '[[number]]\nnumber = "+49 30 1234567"\ntrunk = "a"\n', "phone.toml", {})
    found = settings.dial_in("1234567e0", "a")
    assert found is not None
    assert found.country == "DE"


def test_the_longest_prefix_is_the_price() -> None:
    out = DialOut(trunk="a", prefixes=("+49", "+43"), monthly_cents=1, rates={"+49": 1.5, "+4915": 9.9})
    assert out.rate("+4930123") == 1.5
    assert out.rate("+4915123") == 9.9
    assert out.permits("+4930123")
    assert not out.permits("+43123"), "no price"
    assert not out.permits("+1900"), "no prefix"


# -- documents ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", sorted(DOCS.glob("*.toml")), ids=lambda path: path.stem)
def test_the_documented_file_can_be_used(file: Path, tmp_path: Path) -> None:
    settings = load(config(tmp_path, str(file)), SECRETS)
    (trunk,) = settings.trunks
    assert trunk.password == "s3cret"
    assert settings.numbers
    assert settings.numbers[0].trunk == trunk.name


def test_there_is_a_documented_file_for_each_provider() -> None:
    assert {file.stem for file in DOCS.glob("*.toml")} == {
        "all-keys", "3cx", "asterisk", "freeswitch", "sipgate", "telekom", "twilio", "telnyx",
    }  # fmt: skip


def test_every_key_is_documented_with_its_default() -> None:
    lines = (DOCS / "all-keys.toml").read_text().splitlines()
    written = {line.lstrip("# ").partition(" =")[0] for line in lines if " = " in line}
    written |= {"rates"} if "[dial_out.rates]" in lines else set()
    for table, keys in FIELDS.items():
        missing = {key.name for key in keys} - written
        assert not missing, f"[{table}] of all-keys.toml lacks {missing}"


def test_every_value_that_is_read_has_a_place() -> None:
    for table, kind in {"": PhoneSettings, "trunk": Trunk, "number": DialIn, "dial_out": DialOut}.items():
        keys = {key.name for key in FIELDS[table]} - {"registrar", "password_env"}
        assert keys <= {field.name for field in fields(kind)}


# -- what is wrong -----------------------------------------------------------------------------------

WRONG = {
    'max_cals = 3': "1: max_cals is no key of this file (did you mean 'max_calls'?); remove it",
    'max_calls = "3"': "1: max_calls is a text, not a whole number; write a number without",
    "max_calls = 0": "1: max_calls 0 is out of range; write a number from 1 to 1000",
    'address = "0.0.0.0"': "1: address names no machine; write the address at which",
    'languages = ["pl"]': "1: languages 'pl' is not known; write one of de, en, fr",
    "languages = []": "1: languages is an empty list; write at least one",
    'tls_key = "/nowhere.pem"': "1: tls_key names no file; write the path of a file in PEM form",
    "trunk = 3": "1: trunk 1: is not a list of tables; write [[trunk]]",
    "[[dial_out]]": "1: dial_out: is no single table; write [dial_out]",
    '[[trunk]]\nname = "a"': "1: trunk a: registrar is missing; add registrar = …",
    '[[trunk]]\nregistrar = "a.example"\nuser="x"\npassword="y"': "1: trunk 1: name is missing",
    '[[trunk]]\nname = "a"\nregistrar = "a.example"': "1: trunk a: password is missing; add password_env",
    '[[trunk]]\nname = "a"\nhost = "a"\nregistrar = "b"\nuser="x"\npassword="y"':
        "3: trunk a: host stands beside registrar; write only one of them",
    '[[trunk]]\nname = "a"\nhost = "sip.example.net:5060"':
        "3: trunk a: host 'sip.example.net:5060' is no host",
    TRUNK + "allow = ['0.0.0.0/0']": "6: trunk a: allow '0.0.0.0/0' lets in the whole world",
    TRUNK + "allow = ['x']": "6: trunk a: allow 'x' is no network",
    TRUNK + "codecs = ['opus']": "6: trunk a: codecs 'opus' is not known; write one of pcma, pcmu, g722",
    TRUNK + "srtp = 'offer'": "6: trunk a: srtp needs TLS; set transport = \"tls\"",
    TRUNK + "country = 'Germany'": "6: trunk a: country 'GERMANY' is no country",
    TRUNK + "register = 'yes'": "6: trunk a: register is a text; write true or false",
    TRUNK + "password_env = 'GONE'": "6: trunk a: password_env names a variable that is not set",
    TRUNK + "password_env = 'ONMEET_PHONE'": "6: trunk a: password_env cannot be used",
    TRUNK + "languages = ['de']": "6: trunk a: languages is no key of [trunk] (did you mean 'language'?)",
    "languages = ['de']\n" + TRUNK + "language = 'fr'": "7: trunk a: language is not among languages",
    TRUNK + TRUNK: "7: trunk a: name is there twice; keep one [[trunk]] of it",
    TRUNK + "[[number]]\nnumber = '030 1'": "7: number 1: number '030 1' does not begin with +",
    TRUNK + "[[number]]\nnumber = '+1 212'": "7: number 1: number '+1 212' has too few or too many digits",
    TRUNK + "[[number]]\nnumber = '+870773123456'": "6: number 1: country is missing",
    TRUNK + "[[number]]\nnumber = '+49301234567'\ntrunk = 'b'":
        "8: number 1: trunk names no trunk of this file",
    TRUNK + DIAL_OUT.replace('"+49" =', '"+48" ='): "8: dial_out: prefixes has +49, which has no price",
    TRUNK + DIAL_OUT.replace("1.5", "'x'"): "10: dial_out: rates of '+49' is no price",
    TRUNK + DIAL_OUT.replace('"+49"]', '"0900"]'): "8: dial_out: prefixes '0900' cannot be used here",
    "a = = 1": "1: is no TOML:",
    "x = " + "[" * 5000: "1: is nested too deeply",
}  # fmt: skip


@pytest.mark.parametrize("text", WRONG, ids=lambda text: WRONG[text][:60])
def test_what_is_wrong_is_said_with_line_key_and_remedy(text: str) -> None:
    found = complaints(text)
    assert any(line.startswith(f"phone.toml:{WRONG[text]}") for line in found), found


def test_all_problems_are_listed_in_the_order_of_lines() -> None:
    found = complaints('max_calls = 0\n[[trunk]]\nname = "a b"\nhost = "x y"\nport = 0\n')
    assert [line.split(":")[1] for line in found] == ["1", "3", "4", "5"]


def test_no_message_holds_a_password() -> None:
    text = TRUNK.replace('"s3cret"', '"s3cret\\u0007"') + "max_calls = 0\n"
    assert "s3cret" not in "\n".join(complaints(text))


def test_a_file_that_is_not_there_is_said_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"ONMEET_PHONE: the file .*gone\.toml cannot be read .*write the path"
    ):
        load(config(tmp_path, str(tmp_path / "gone.toml")))


def test_a_file_of_bytes_or_of_great_size_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "phone.toml"
    file.write_bytes(b"max_calls = 3\n\xff\xfe")
    with pytest.raises(ConfigError, match=r"phone\.toml:2: is not UTF-8"):
        load(config(tmp_path, str(file)))
    file.write_bytes(b"#" * 300_000)
    with pytest.raises(ConfigError, match="too big"):
        load(config(tmp_path, str(file)))


@given(st.recursive(st.one_of(st.text(), st.integers(), st.booleans(), st.floats(allow_nan=False)),
                    lambda inner: st.lists(inner, max_size=3), max_leaves=5),
       st.sampled_from([(table, key.name) for table, keys in FIELDS.items() for key in keys]))  # fmt: skip
def test_no_value_does_anything_but_be_read_or_refused(value: object, where: tuple[str, str]) -> None:
    table, name = where
    read = next(key for key in FIELDS[table] if key.name == name).read
    with contextlib.suppress(Wrong):
        read(value)
