"""What news of a subscription means for what is held, whatever way it comes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from onmeet.billing.provider import State, SubscriptionNews
from onmeet.billing.states import FOLLOWS, LIVE, Held, best, payment_failed, settle, superseded

STATES: tuple[State, ...] = (*sorted(LIVE), "cancelled")  # type: ignore[assignment]


def news(state: State | None, **more: object) -> SubscriptionNews:
    values: dict[str, object] = {"id": "sub", "customer": "cus", "plan": "personal", **more}
    return SubscriptionNews(state=state, **values)  # type: ignore[arg-type]


@st.composite
def histories(draw: st.DrawFn) -> list[State]:
    """What really happens to a subscription, step by step along the arrows."""
    steps: list[State] = [draw(st.sampled_from(["trialing", "active"]))]
    while (following := FOLLOWS[steps[-1]]) and draw(st.booleans()):
        steps.append(draw(st.sampled_from(sorted(following))))
    return steps


def deliver(told: list[tuple[int, State]]) -> Held | None:
    held: Held | None = None
    for at, state in told:
        held = settle(held, news(state, seats=at + 1), at)
    return held


@given(st.data())
def test_order_and_repetition_make_no_difference(data: st.DataObject) -> None:
    truth = list(enumerate(data.draw(histories())))
    repeated = truth + data.draw(st.lists(st.sampled_from(truth), max_size=6))
    shuffled = data.draw(st.permutations(repeated))
    assert deliver(shuffled) == deliver(truth)
    held = deliver(truth)
    assert held is not None
    assert (held.state, held.seats) == (truth[-1][1], len(truth))


@given(st.data())
def test_what_got_lost_is_mended_by_the_next_look(data: st.DataObject) -> None:
    truth = list(enumerate(data.draw(histories())))
    arrived = data.draw(st.lists(st.sampled_from(truth), max_size=8))
    assert deliver([*arrived, truth[-1]]) == deliver(truth)


@given(histories(), st.sampled_from(sorted(LIVE)), st.integers(0, 100))
def test_the_end_is_the_end(steps: list[State], later: State, at: int) -> None:
    ended = deliver([*enumerate(steps), (len(steps), "cancelled")])
    assert settle(ended, news(later), at) == ended


@given(st.sampled_from(STATES), st.sampled_from(STATES))
def test_a_failed_payment_is_news_only_when_it_begins(before: State, after: State) -> None:
    held = settle(None, news(before), 1)
    found = payment_failed(held, settle(held, news(after), 2))
    assert found == (after == "past_due" and before in ("trialing", "active", "unpaid"))


def test_a_subscription_whose_first_payment_is_under_way_is_none() -> None:
    assert settle(None, news(None), 1) is None
    held = settle(None, news("active"), 1)
    assert settle(held, news(None), 2) == held


@given(st.lists(st.sampled_from(STATES), min_size=1, max_size=4))
def test_the_page_shows_what_is_worth_most(states: list[State]) -> None:
    held = [one for state in states if (one := settle(None, news(state), 1)) is not None]
    shown = best(held)
    assert shown is not None
    order = ["active", "past_due", "trialing", "unpaid", "cancelled"]
    assert shown.state == min(states, key=order.index)


def test_of_those_that_ended_the_page_shows_the_last() -> None:
    ended = [settle(None, news("cancelled", plan=f"p{ends}", ends=ends), 1) for ends in (5, 9, 7)]
    shown = best(one for one in ended if one is not None)
    assert shown is not None
    assert shown.plan == "p9"


@given(st.lists(st.tuples(st.sampled_from(STATES), st.booleans()), max_size=5))
def test_nothing_that_is_paid_for_is_ended_for_another(known: list[tuple[State, bool]]) -> None:
    told = [news(state, id=str(n), has_card=card) for n, (state, card) in enumerate(known)]
    over = superseded(told)
    paid = {n for n, (state, card) in enumerate(known) if state == "active" or (state == "trialing" and card)}
    assert not over or paid
    assert not {int(name) for name in over} & paid
    if paid:
        left = {state for n, (state, _card) in enumerate(known) if str(n) not in over and n not in paid}
        assert left <= {"past_due", "cancelled"}
