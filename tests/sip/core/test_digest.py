"""Answers to challenges, against the vectors of the RFCs."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.core.digest import ALGORITHMS, Challenge, Credentials, Digest, NoAnswer, answer, best, compute
from sip.core.message import Headers, Request
from sip.core.parsing import params

MUFASA = Credentials("Mufasa", "Circle of Life")
NONCE_7616 = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
CNONCE_7616 = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"


def challenge(text: str) -> Challenge:
    found = Challenge.parse("Digest " + text)
    assert found is not None
    return found


def hashed(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def fields(value: str) -> dict[str, str | None]:
    assert value.startswith("Digest ")
    return params(value[7:], ",")


def test_vector_of_rfc_2617() -> None:
    asked = challenge(
        'realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
        'opaque="5ccc069c403ebaf9f0171e9517f40e41"'
    )
    who = Credentials("Mufasa", "Circle Of Life")
    found = fields(answer(asked, who, "GET", "/dir/index.html", cnonce="0a4f113b"))
    assert found == {
        "username": "Mufasa",
        "realm": "testrealm@host.com",
        "nonce": "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        "uri": "/dir/index.html",
        "response": "6629fae49393a05397450978507c4ef1",
        "opaque": "5ccc069c403ebaf9f0171e9517f40e41",
        "qop": "auth",
        "nc": "00000001",
        "cnonce": "0a4f113b",
    }


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_vectors_of_rfc_7616(algorithm: str, response: str) -> None:
    asked = challenge(
        f'realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, nonce="{NONCE_7616}", '
        'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    found = fields(answer(asked, MUFASA, "GET", "/dir/index.html", cnonce=CNONCE_7616))
    assert (found["response"], found["algorithm"]) == (response, algorithm)


def test_an_old_challenge_without_qop_has_no_client_nonce() -> None:
    # RFC 2069 §2.4, as its erratum 749 corrects it
    asked = challenge('realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"')
    found = fields(answer(asked, Credentials("Mufasa", "CircleOfLife"), "GET", "/dir/index.html", cnonce="x"))
    assert found["response"] == "1949323746fe6a43ef61f9606e7febea"
    assert not {"qop", "nc", "cnonce", "algorithm", "opaque"} & set(found)


def test_a_body_is_covered_only_where_nothing_else_is_offered() -> None:
    both = challenge('realm="r", nonce="n", qop="auth-int,auth"')
    only = challenge('realm="r", nonce="n", qop="auth-int"')
    assert fields(answer(both, MUFASA, "INVITE", "sip:x", b"body", cnonce="c"))["qop"] == "auth"
    one = fields(answer(only, MUFASA, "INVITE", "sip:x", b"body", cnonce="c"))
    other = fields(answer(only, MUFASA, "INVITE", "sip:x", b"another", cnonce="c"))
    assert one["qop"] == "auth-int"
    assert one["response"] != other["response"]
    secret, said = hashed("Mufasa:r:Circle of Life"), hashed("INVITE:sip:x:" + hashed("body"))
    wanted = hashed(f"{secret}:n:00000001:c:auth-int:{said}")
    assert one["response"] == wanted  # RFC 2617 §3.2.2


def test_session_algorithms_hash_both_nonces_into_the_secret() -> None:
    plain = challenge('realm="r", nonce="n", qop="auth", algorithm=MD5')
    session = challenge('realm="r", nonce="n", qop="auth", algorithm="MD5-sess"')
    assert session.session
    one = fields(answer(plain, MUFASA, "INVITE", "sip:x", cnonce="c"))
    other = fields(answer(session, MUFASA, "INVITE", "sip:x", cnonce="c"))
    assert one["response"] != other["response"]
    assert other["algorithm"] == "MD5-sess"
    without_qop = challenge('realm="r", nonce="n", algorithm=SHA-256-sess')
    assert fields(answer(without_qop, MUFASA, "INVITE", "sip:x", cnonce="c"))["cnonce"] == "c"


@pytest.mark.parametrize(
    ("algorithm", "name"), [("MD5", "md5"), ("SHA-256", "sha256"), ("SHA-512-256", "sha512_256")]
)
def test_session_response_by_the_formula_of_rfc_7616(algorithm: str, name: str) -> None:
    def by(text: str) -> str:
        return hashlib.new(name, text.encode()).hexdigest()

    session = challenge(f'realm="r", nonce="n", qop="auth", algorithm={algorithm}-sess')
    secret = by(by("Mufasa:r:Circle of Life") + ":n:c")
    wanted = by(f"{secret}:n:0000000a:c:auth:{by('BYE:sip:x')}")
    assert compute(session, MUFASA, "BYE", "sip:x", b"", "auth", 10, "c") == wanted


def test_the_strongest_of_several_challenges_is_met() -> None:
    md5 = 'Digest realm="r", nonce="m"'
    sha = 'Digest realm="r", nonce="s", algorithm=SHA-256, qop="auth"'
    unknown = 'Digest realm="r", nonce="u", algorithm=SHA3-512'
    chosen = best(["Basic realm=x", md5, unknown, 'Digest realm="', sha, 'Digest realm="r"'])
    assert chosen is not None
    assert (chosen.algorithm, chosen.nonce) == ("SHA-256", "s")
    assert best(["Basic realm=x", unknown, "", "Digest"]) is None
    assert ALGORITHMS.index("SHA-256") < ALGORITHMS.index("MD5")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "Digest",
            "Basic x",
            "NoOneKnowsThisScheme opaque-data=here",
            'Digest realm="r"',
            'Digest nonce="n"',
        ),
        *('Digest realm="r", nonce="n", qop="auth-conf"', 'Digest realm="r", nonce="n", algorithm=AES'),
    ],
)
def test_challenges_that_we_cannot_meet(text: str) -> None:
    assert Challenge.parse(text) is None


def test_quotes_in_names_are_escaped_and_hashed_unescaped() -> None:
    asked = challenge('realm="the \\"best\\" PBX", nonce="n"')
    assert asked.realm == 'the "best" PBX'
    who = Credentials('a"b\\', "p")
    found = fields(answer(asked, who, "BYE", "sip:x", cnonce="c"))
    assert (found["username"], found["realm"]) == ('a"b\\', 'the "best" PBX')
    assert found["response"] == compute(asked, who, "BYE", "sip:x", b"", None, 1, "c")


def invite(*more: tuple[str, str]) -> Request:
    return Request("INVITE", "sip:x", Headers(more))


def test_401_and_407_are_answered_under_their_names_and_both_at_once() -> None:
    digest, request = Digest(MUFASA), invite()
    digest.answer(Headers([("WWW-Authenticate", 'Digest realm="a", nonce="1", qop="auth"')]), request)
    assert fields(request.headers.get("Authorization") or "")["realm"] == "a"
    assert "Proxy-Authorization" not in request.headers
    again = invite(*request.headers)
    digest.answer(
        Headers([("Proxy-Authenticate", 'Digest realm="b", nonce="2", qop="auth"')]), again, request
    )
    assert fields(again.headers.get("Proxy-Authorization") or "")["realm"] == "b"
    assert fields(again.headers.get("Authorization") or "")["nc"] == "00000002"


def test_two_proxies_of_one_path_are_both_answered() -> None:
    digest, request = Digest(MUFASA), invite()
    digest.answer(
        Headers([("Proxy-Authenticate", f'Digest realm="{realm}", nonce="1"') for realm in "ab"]), request
    )
    assert [fields(value)["realm"] for value in request.headers.all("Proxy-Authorization")] == ["a", "b"]


def test_each_use_of_a_nonce_is_counted() -> None:
    digest, first, second = Digest(MUFASA), invite(), invite()
    digest.renew(first)
    assert "Authorization" not in first.headers
    digest.answer(Headers([("WWW-Authenticate", 'Digest realm="a", nonce="1", qop="auth"')]), first)
    digest.renew(second)
    counts = [fields(request.headers.get("Authorization") or "")["nc"] for request in (first, second)]
    assert counts == ["00000001", "00000002"]
    digest.answer(Headers([("WWW-Authenticate", 'Digest realm="a", nonce="2", qop="auth"')]), second)
    found = fields(second.headers.get("Authorization") or "")
    assert (found["nonce"], found["nc"]) == ("2", "00000001")


def test_a_fresh_nonce_refused_means_a_wrong_password_unless_it_is_stale() -> None:
    digest, request = Digest(MUFASA), invite()
    plain = Headers([("WWW-Authenticate", 'Digest realm="a", nonce="1"')])
    stale = Headers([("WWW-Authenticate", 'Digest realm="a", nonce="2", stale=TRUE')])
    digest.answer(plain, request)
    digest.answer(stale, request)
    digest.answer(stale, request)
    with pytest.raises(NoAnswer):
        digest.answer(stale, request)  # not for ever
    with pytest.raises(NoAnswer):
        digest.answer(plain, request)


def test_nothing_to_answer_is_said() -> None:
    for headers in (Headers(), Headers([("WWW-Authenticate", "Basic realm=x"), ("Proxy-Authenticate", "")])):
        with pytest.raises(NoAnswer):
            Digest(MUFASA).answer(headers, invite())


@given(
    st.lists(
        st.text(st.characters(exclude_characters="\r\n")) | st.from_regex(r"\ADigest [ -~]*\Z"), max_size=3
    )
)
def test_no_challenge_raises_anything_but_no_answer(values: list[str]) -> None:
    request = invite()
    try:
        Digest(MUFASA).answer(Headers([("WWW-Authenticate", value) for value in values]), request)
    except NoAnswer:
        assert "Authorization" not in request.headers
    else:
        assert "Authorization" in request.headers


def test_secrets_stay_out_of_reprs() -> None:
    digest = Digest(MUFASA)
    digest.answer(Headers([("WWW-Authenticate", 'Digest realm="a", nonce="secret"')]), invite())
    assert "Circle" not in repr(digest) + repr(MUFASA)
    assert "secret" not in repr(digest)
