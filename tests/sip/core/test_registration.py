"""Staying registered: challenges, times, failures; the registrar here is one that really checks digests."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.core.digest import Challenge, Credentials, compute
from sip.core.message import Headers, Request, Response, encode, parse
from sip.core.parsing import params
from sip.core.registration import Account, Effect, News, Registration, Send
from sip.core.uri import NameAddr, Uri

PASSWORD = "open sesame"
CONTACT = Uri("sip", "line", "192.0.2.7", 5060, {"transport": "tcp"})
ACCOUNT = Account("pbx.example", "4930", PASSWORD, auth_user="auth-4930", expires=600)


class Registrar:
    """Challenges by 401 or 407, checks the answer with the password, and binds."""

    def __init__(self, status: int = 407, algorithm: str = "MD5", qop: str = "auth") -> None:
        self.status = status
        self.asks, self.answers = {
            401: ("WWW-Authenticate", "Authorization"),
            407: ("Proxy-Authenticate", "Proxy-Authorization"),
        }[status]
        self.algorithm, self.qop = algorithm, qop
        self.nonce = 0
        self.used: set[str] = set()
        self.stale = False
        self.extra: tuple[tuple[str, str], ...] = ()
        self.expires: int | None = None

    def handle(self, request: Request) -> Response:
        request = whole(request)
        value = request.headers.get(self.answers)
        if value is None or not self._right(request, value):
            self.nonce += 1
            qop = f', qop="{self.qop}"' if self.qop else ""
            challenge = f'Digest realm="pbx", nonce="n{self.nonce}", algorithm={self.algorithm}{qop}'
            if value is not None and self.stale:
                challenge += ", stale=TRUE"
            return reply(request, self.status, (self.asks, challenge))
        contact = NameAddr.parse(request.headers.get("Contact") or "")
        # behind NAT a registrar rewrites the host and keeps the parameters
        echoed = NameAddr(uri=Uri("sip", contact.uri.user, "198.51.100.1", 1024, contact.uri.params))
        expires = self.expires if self.expires is not None else int(request.headers.get("Expires") or 0)
        bindings = f"<sip:other@203.0.113.9>;expires=7, {echoed};expires={expires}"
        return reply(request, 200, ("Contact", bindings), *self.extra)

    def _right(self, request: Request, value: str) -> bool:
        found = params(value.partition(" ")[2], ",")
        text = f'Digest realm="pbx", nonce="n{self.nonce}", algorithm={self.algorithm}'
        challenge = Challenge.parse(text)
        assert challenge is not None
        mark = f"{found['nonce']}/{found.get('nc')}"
        if found["nonce"] != f"n{self.nonce}" or (self.qop and mark in self.used):
            return False
        self.used.add(mark)
        wanted = compute(
            challenge,
            Credentials("auth-4930", PASSWORD),
            request.method,
            found["uri"] or "",
            request.body,
            found.get("qop"),
            int(found.get("nc") or "1", 16),
            found.get("cnonce") or "",
        )
        return found["username"] == "auth-4930" and found["response"] == wanted


def whole(request: Request) -> Request:
    """As it arrives: with a Via, through bytes."""
    request.headers.prepend("Via", "SIP/2.0/TCP 192.0.2.7;branch=z9hG4bKx")
    arrived = parse(encode(request))
    request.headers.remove("Via")
    assert isinstance(arrived, Request)
    return arrived


def reply(request: Request, status: int, *more: tuple[str, str]) -> Response:
    same = [(name, request.headers.get(name) or "") for name in ("From", "To", "Call-ID", "CSeq")]
    return Response(status, "", Headers([("Via", "SIP/2.0/TCP h"), *same, *more]))


def sent(effects: Iterable[Effect]) -> Request:
    requests = [effect.request for effect in effects if isinstance(effect, Send)]
    assert len(requests) == 1
    return requests[0]


def news(effects: Iterable[Effect]) -> list[str]:
    return [effect.state for effect in effects if isinstance(effect, News)]


def exchange(
    registration: Registration, registrar: Registrar, effects: Iterable[Effect], now: float
) -> list[str]:
    """Play until the machine rests; returns the states on the way."""
    told: list[str] = []
    queue = list(effects)
    for _ in range(10):
        if not queue:
            return told
        effect = queue.pop(0)
        if isinstance(effect, News):
            told.append(effect.state)
        else:
            queue += registration.response(registrar.handle(effect.request), now)
    raise AssertionError("the machine goes round in circles")


def registered(account: Account = ACCOUNT) -> tuple[Registration, Registrar]:
    registration, registrar = Registration(account, random=lambda: 0.0), Registrar()
    exchange(registration, registrar, registration.start(CONTACT, 0.0), 0.0)
    assert registration.state == "registered"
    return registration, registrar


@pytest.mark.parametrize("status", [401, 407])
@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256", "MD5-sess", "SHA-256-sess"])
@pytest.mark.parametrize("qop", ["auth", "auth-int", "auth,auth-int", ""])
def test_registers_whatever_the_registrar_asks(status: int, algorithm: str, qop: str) -> None:
    registration = Registration(ACCOUNT)
    registrar = Registrar(status, algorithm, qop)
    assert exchange(registration, registrar, registration.start(CONTACT, 0.0), 0.0) == [
        "registering",
        "registered",
    ]


def test_the_request_says_what_a_registrar_needs_and_nothing_of_this_machine() -> None:
    registration = Registration(ACCOUNT)
    request = sent(registration.start(CONTACT, 0.0))
    assert (request.method, request.uri) == ("REGISTER", "sip:pbx.example")
    assert str(request.to) == "<sip:4930@pbx.example>"
    assert request.sender.uri == request.to.uri
    assert request.sender.tag
    contact = NameAddr.parse(request.headers.get("Contact") or "").uri
    assert (contact.user, contact.host, contact.port) == ("line", "192.0.2.7", 5060)
    assert contact.params["rinstance"]
    assert request.headers.get("Expires") == "600"
    assert "@" not in request.call_id
    assert request.headers.get("User-Agent") == "OnMeet"


def test_requests_go_to_the_outbound_proxy_while_the_domain_stays() -> None:
    proxy = Uri("sip", host="proxy.example", params={"lr": None})
    registration = Registration(Account("tel.example", "49", hop=proxy))
    effect = list(registration.start(CONTACT, 0.0))[-1]
    assert isinstance(effect, Send)
    assert effect.hop == proxy
    assert effect.request.uri == "sip:tel.example"


def test_one_call_id_and_a_rising_cseq_for_all_requests() -> None:
    registration = Registration(ACCOUNT)
    first = sent(registration.start(CONTACT, 0.0))
    second = sent(registration.response(Registrar().handle(first), 0.0))
    assert (first.call_id, first.cseq.number + 1) == (second.call_id, second.cseq.number)


def test_refreshes_at_nine_tenths_of_what_our_own_contact_was_granted() -> None:
    registration, registrar = registered()
    assert registration.deadline == pytest.approx(540)
    assert not list(registration.tick(539.0))
    effects = list(registration.tick(540.0))
    request = sent(effects)
    assert (request.headers.get("Proxy-Authorization") or "").find("nc=00000002") > 0
    assert exchange(registration, registrar, effects, 540.0) == []
    assert registration.deadline == pytest.approx(1080)


def test_registrar_may_grant_less() -> None:
    registration, registrar = Registration(ACCOUNT, random=lambda: 0.0), Registrar()
    registrar.expires = 60
    exchange(registration, registrar, registration.start(CONTACT, 100.0), 100.0)
    assert registration.deadline == pytest.approx(154)


def test_too_brief_is_mended_at_once_and_remembered() -> None:
    registration = Registration(ACCOUNT)
    request = sent(registration.start(CONTACT, 0.0))
    again = sent(registration.response(reply(request, 423, ("Min-Expires", "3600")), 0.0))
    assert again.headers.get("Expires") == "3600"


@pytest.mark.parametrize("least", ["10", "99999999999999", "soon", ""])
def test_nonsense_of_min_expires_only_delays(least: str) -> None:
    registration = Registration(ACCOUNT)
    request = sent(registration.start(CONTACT, 0.0))
    assert news(registration.response(reply(request, 423, ("Min-Expires", least)), 0.0)) == ["unreachable"]
    assert registration.deadline is not None


def test_pauses_grow_with_jitter_and_never_end() -> None:
    registration = Registration(ACCOUNT, random=lambda: 1.0)
    list(registration.start(CONTACT, 0.0))
    now, pauses = 0.0, []
    for _ in range(40):
        list(registration.failed(now))
        assert registration.deadline is not None
        pauses.append(registration.deadline - now)
        now = registration.deadline
        sent(registration.tick(now))
    assert pauses[:4] == pytest.approx([1, 2, 4, 8])
    assert pauses[6:] == pytest.approx([60] * 34)
    assert registration.state == "unreachable"


def test_a_start_over_another_connection_does_not_shorten_the_pauses() -> None:
    registration = Registration(ACCOUNT, random=lambda: 1.0)
    now, pauses = 0.0, []
    for _ in range(3):
        sent(registration.start(CONTACT, now))
        list(registration.failed(now))
        assert registration.deadline is not None
        pauses.append(registration.deadline - now)
        now = registration.deadline
    assert pauses == pytest.approx([1, 2, 4])


def test_a_wrong_password_is_noticed_and_asked_rarely() -> None:
    registration = Registration(
        Account("pbx.example", "4930", "wrong", auth_user="auth-4930"), random=lambda: 1.0
    )
    effects = registration.start(CONTACT, 0.0)
    assert exchange(registration, Registrar(), effects, 0.0) == ["registering", "refused"]
    assert registration.deadline == pytest.approx(30)


def test_an_expired_nonce_is_no_wrong_password() -> None:
    registration, registrar = registered()
    registrar.nonce += 1  # forgets what it gave out, and does not say `stale`
    assert exchange(registration, registrar, registration.tick(540.0), 540.0) == []
    assert registration.state == "registered"
    assert registration.deadline == pytest.approx(1080)


def test_a_stale_nonce_is_answered_again() -> None:
    registration, registrar = Registration(ACCOUNT), Registrar()
    registrar.stale = True
    first = sent(registration.start(CONTACT, 0.0))
    second = sent(registration.response(registrar.handle(first), 0.0))
    registrar.nonce += 1
    third = sent(registration.response(registrar.handle(second), 0.0))
    assert news(registration.response(registrar.handle(third), 0.0)) == ["registered"]


def test_endless_staleness_ends() -> None:
    registration, registrar = Registration(ACCOUNT), Registrar()
    registrar.stale = True
    registrar._right = lambda request, value: False  # type: ignore[method-assign]
    assert exchange(registration, registrar, registration.start(CONTACT, 0.0), 0.0)[-1] == "refused"


def test_retry_after_is_kept() -> None:
    registration = Registration(ACCOUNT, random=lambda: 0.0)
    request = sent(registration.start(CONTACT, 0.0))
    assert news(
        registration.response(reply(request, 503, ("Retry-After", "120 (busy);duration=9")), 5.0)
    ) == ["unreachable"]
    assert registration.deadline == pytest.approx(125)


def test_stays_registered_while_the_binding_holds_although_a_refresh_failed() -> None:
    registration, _ = registered()
    sent(registration.tick(540.0))
    assert news(registration.failed(572.0)) == []
    assert registration.deadline is not None
    sent(registration.tick(registration.deadline))
    assert news(registration.failed(604.0)) == ["unreachable"]


def test_a_lost_connection_registers_again_within_a_second() -> None:
    registration, registrar = registered()
    assert news(registration.lost(10.0)) == ["unreachable"]
    assert registration.deadline is not None
    assert registration.deadline <= 11.0
    assert exchange(registration, registrar, registration.tick(11.0), 11.0) == ["registered"]


def test_leaving_takes_the_binding_away() -> None:
    registration, registrar = registered()
    effects = list(registration.stop(20.0))
    assert sent(effects).headers.get("Expires") == "0"
    assert exchange(registration, registrar, effects, 20.0) == ["off"]
    assert registration.deadline is None


def test_leaving_without_an_answer_is_leaving_too() -> None:
    registration, _ = registered()
    list(registration.stop(20.0))
    assert news(registration.failed(52.0)) == ["off"]
    assert news(registration.lost(53.0)) == []
    assert not list(registration.tick(1e9))


def test_leaving_before_there_was_a_binding_sends_nothing() -> None:
    registration = Registration(ACCOUNT)
    list(registration.start(CONTACT, 0.0))
    assert list(registration.stop(1.0)) == [News("off")]


def test_routes_of_the_trunk_are_kept() -> None:
    registration, registrar = Registration(ACCOUNT), Registrar()
    registrar.extra = (
        ("Service-Route", "<sip:a.example;lr>, <sip:b.example;lr>"),
        ("Path", "<sip:edge.example;lr>"),
        ("P-Associated-URI", "<sip:+4930@pbx.example>"),
    )
    exchange(registration, registrar, registration.start(CONTACT, 0.0), 0.0)
    assert registration.service_route == ("<sip:a.example;lr>", "<sip:b.example;lr>")
    assert registration.path == ("<sip:edge.example;lr>",)
    assert registration.associated == ("<sip:+4930@pbx.example>",)


def test_a_success_that_grants_nothing_is_no_success() -> None:
    registration, registrar = Registration(ACCOUNT), Registrar()
    registrar.expires = 0
    assert exchange(registration, registrar, registration.start(CONTACT, 0.0), 0.0)[-1] == "unreachable"


def test_provisional_late_and_foreign_answers_change_nothing() -> None:
    registration = Registration(ACCOUNT)
    request = sent(registration.start(CONTACT, 0.0))
    assert not list(registration.response(reply(request, 100), 0.0))
    stray = reply(request, 200)
    stray.headers.set("CSeq", "99 REGISTER")
    assert not list(registration.response(stray, 0.0))
    list(registration.response(reply(request, 200), 0.0))
    assert not list(registration.response(reply(request, 500), 1.0))
    assert registration.state == "registered"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["response", "failed", "tick", "lost"]),
            st.integers(100, 699),
            st.lists(
                st.tuples(
                    st.sampled_from(
                        [
                            "Contact",
                            "Expires",
                            "Min-Expires",
                            "Retry-After",
                            "WWW-Authenticate",
                            "Service-Route",
                        ]
                    ),
                    st.one_of(
                        st.text(st.characters(exclude_characters="\r\n"), max_size=20),
                        st.integers().map(str),
                        st.just('Digest realm="x", nonce="y"'),
                    ),
                ),
                max_size=4,
            ),
            st.floats(0, 700),
        ),
        max_size=20,
    )
)
def test_whatever_a_registrar_says_there_is_always_a_next_attempt(
    steps: list[tuple[str, int, list[tuple[str, str]], float]],
) -> None:
    registration = Registration(ACCOUNT)
    now, pending = 0.0, sent(registration.start(CONTACT, 0.0))
    for kind, status, headers, later in steps:
        now += later
        match kind:
            case "response":
                effects = list(registration.response(reply(pending, status, *headers), now))
            case "failed":
                effects = list(registration.failed(now))
            case "tick":
                effects = list(registration.tick(now))
            case _:
                effects = list(registration.lost(now))
        requests = [effect.request for effect in effects if isinstance(effect, Send)]
        pending = requests[-1] if requests else pending
        assert (registration._pending is not None) != (registration.deadline is not None)
