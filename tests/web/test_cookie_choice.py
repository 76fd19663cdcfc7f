"""Cookies that are not essential: asked about where there are any, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from onmeet.notices import reading
from onmeet.web.cookie_choice import statistics_allowed
from tests.factories.house import House, Visitor
from tests.web.test_nothing_foreign import pages

ASKING = [name for name in reading.shipped() if any(not c.essential for c in reading.load(name).cookies)]
QUIET = [name for name in reading.shipped() if name not in ASKING]

BANNER = 'class="cookie-banner"'


def jar(visitor: Visitor) -> dict[str, str]:
    return {cookie.key: cookie.value for cookie in visitor.client._cookies.values()}


def counted(app: Flask, visitor: Visitor, **headers: str) -> bool:
    """Whether a request of this visitor may be counted."""
    cookies = "; ".join(f"{name}={value}" for name, value in jar(visitor).items())
    with app.test_request_context("/", headers={"Cookie": cookies, **headers}):
        return statistics_allowed()


def test_some_notices_ask_and_on_meet_does_not() -> None:
    assert "meetingsphere" in ASKING
    assert "on-meet" in QUIET


@pytest.mark.promise("N1.5")
@pytest.mark.parametrize("notice", QUIET)
def test_without_such_cookies_there_is_no_banner_and_no_page(build_house: Any, notice: str) -> None:
    """Without cookies that need consent there is no banner: the one cookie is for signing in."""
    visitor = build_house(notice=notice).visitor()
    start = visitor.open("/").text
    assert BANNER not in start
    assert "Change cookie settings" not in start
    assert visitor.open("/cookies").status_code == 404
    assert visitor.send("/cookies", choice="accepted").status_code == 404
    assert visitor.send("/cookies/reset").status_code == 404
    assert set(jar(visitor)) == {"onmeet"}


@pytest.mark.promise("N2.1", "N2.9")
@pytest.mark.parametrize("notice", ASKING)
def test_nothing_is_set_before_the_choice_and_refusing_is_as_easy_as_accepting(
    build_house: Any, notice: str
) -> None:
    """Nothing is set before the choice, and refusing is as easy as accepting."""
    house: House = build_house(notice=notice)
    visitor = house.visitor()
    page = visitor.open("/").text
    assert page.count(BANNER) == 1
    buttons = [line.strip() for line in page.splitlines() if 'name="choice"' in line]
    assert [b.replace("refused", "X").replace("Refuse", "Y") for b in buttons[:1]] == [
        b.replace("accepted", "X").replace("Accept", "Y") for b in buttons[1:]
    ]
    assert set(jar(visitor)) == {"onmeet"}
    assert not counted(house.app, visitor)


@pytest.mark.promise("N2.1")
def test_a_refusal_sticks_and_nobody_asks_again(build_house: Any) -> None:
    """A refusal sticks, and nobody asks again."""
    house: House = build_house(notice="meetingsphere")
    visitor = house.visitor()
    assert visitor.send("/cookies", choice="refused", next="/sign-in").location == "/sign-in"
    page = visitor.open("/").text
    assert BANNER not in page
    assert "Change cookie settings" in page
    assert jar(visitor)["onmeet_choices"] == "refused"
    assert "onmeet_statistics" not in jar(visitor)
    assert "You have refused them." in visitor.open("/cookies").text
    assert not counted(house.app, visitor)


@pytest.mark.promise("N2.1", "N2.9")
def test_a_consent_is_remembered_and_can_be_reset_from_every_page(build_house: Any) -> None:
    """A consent to cookies is remembered until it is reset, and then asked for again."""
    house: House = build_house(notice="meetingsphere")
    visitor = house.visitor()
    visitor.send("/cookies", choice="accepted")
    assert jar(visitor)["onmeet_statistics"] == "yes"
    assert counted(house.app, visitor)
    visitor.client.delete_cookie("onmeet_statistics")  # the browser was closed
    visitor.open("/")
    assert jar(visitor)["onmeet_statistics"] == "yes"
    assert visitor.send("/cookies/reset").location == "/cookies"
    assert set(jar(visitor)) == {"onmeet"}
    assert "You have not chosen yet" in visitor.open("/cookies").text
    assert BANNER in visitor.open("/").text


@pytest.mark.promise("N2.1")
@pytest.mark.parametrize("notice", ASKING)
def test_every_page_has_the_control_that_resets_the_choice(build_house: Any, notice: str) -> None:
    """Every page, those of meetings and errors too, has the control that resets the choice."""
    for path, page in pages(build_house(notice=notice)).items():
        if page.status_code < 300 or page.status_code >= 400:
            assert 'action="/cookies/reset"' in page.text, path
            assert "Change cookie settings" in page.text, path


@pytest.mark.promise("N4.9")
@pytest.mark.parametrize("signal", ["DNT", "Sec-GPC"])
def test_a_signal_of_the_browser_counts_as_a_refusal_without_a_question(
    build_house: Any, signal: str
) -> None:
    """Do Not Track and Global Privacy Control count as a refusal, without a question."""
    house: House = build_house(notice="meetingsphere")
    visitor = house.visitor()
    visitor.send("/cookies", choice="accepted")
    visitor.headers = {signal: "1"}
    page = visitor.open("/cookies").text
    assert "counts as a refusal" in page
    assert 'name="choice"' not in page
    assert BANNER not in visitor.open("/").text
    assert "onmeet_statistics" not in jar(visitor)
    assert not counted(house.app, visitor, **{signal: "1"})


@pytest.mark.promise("N4.8", "N4.9")
def test_where_no_consent_is_asked_a_signal_is_obeyed_all_the_same(build_house: Any) -> None:
    """The browser's signal is obeyed where no consent is asked, too."""
    for notice in QUIET:
        house: House = build_house(notice=notice)
        permitted = house.services.policy.counts("usage.aggregate")
        assert counted(house.app, house.visitor()) is permitted
        assert not counted(house.app, house.visitor(), DNT="1")


@pytest.mark.promise("N4.9")
def test_the_site_says_that_it_honours_the_signal(house: House) -> None:
    """The site says in its well-known file that it honours Global Privacy Control."""
    answer = house.visitor().open("/.well-known/gpc.json")
    assert answer.get_json() == {
        "gpc": True,
        "lastUpdate": house.services.policy.notice.published.isoformat(),
    }


@pytest.mark.parametrize("answer", ["", "perhaps"])
def test_only_the_two_answers_exist(build_house: Any, answer: str) -> None:
    house: House = build_house(notice="meetingsphere")
    assert house.visitor().send("/cookies", choice=answer).status_code == 400


@pytest.mark.promise("N1.5", "N2.1")
@pytest.mark.parametrize("notice", reading.shipped())
def test_every_cookie_that_is_set_stands_in_the_notice(build_house: Any, notice: str) -> None:
    """Under each notice no page sets a cookie that the notice does not list."""
    house: House = build_house(notice=notice)
    visitor = house.member()
    visitor.send("/meetings", title="Round")
    visitor.send("/language", language="de")
    visitor.send("/theme", theme="dark")
    visitor.send("/cookies", choice="accepted")
    for rule in house.app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not rule.arguments and "socket" not in rule.endpoint:
            visitor.open(rule.rule)
    visitor.open("/m/abc-defg-hjk")
    visitor.start_meeting()
    listed = {cookie.name: cookie for cookie in house.services.policy.notice.cookies}
    found = visitor.client._cookies.values()
    assert {cookie.key for cookie in found} <= set(listed)
    for cookie in found:
        days = (cookie.max_age or 0) / 86_400
        assert days <= listed[cookie.key].days, f"{cookie.key} stays longer than the notice says"
