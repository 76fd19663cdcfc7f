"""Subscriptions: begin one, look after it, and keep what the provider says of it.

Whatever happens at the provider, its state is asked for and written down as it is then; messages only say
that it is time to ask. What older and newer answers mean together is decided in `onmeet.billing.states`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from onmeet.billing.models import Subscription
from onmeet.billing.payers import Customers, Payer, person_of
from onmeet.billing.plans import Audience, Plans, Price
from onmeet.billing.provider import NoSuch, Provider, State, SubscriptionNews
from onmeet.billing.states import LIVE, Held, best, payment_failed, settle, superseded
from onmeet.db import Database
from onmeet.errors import N_, UserError
from onmeet.groups.models import Group
from onmeet.mail.queue import enqueue
from onmeet.notices.marks import mark

__all__ = ["Standing", "Subscriptions"]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a payer stands: the subscription that is worth most, None for none. may_try: a trial is left."""

    subscription: Held | None
    may_try: bool

    @property
    def paying(self) -> bool:
        """Whether something is subscribed to that only the portal changes."""
        return self.subscription is not None and self.subscription.paid_for


class Subscriptions:
    """The service. Methods that ask the provider raise `ProviderError`; `now` is the moment before."""

    def __init__(
        self, database: Database, provider: Provider, plans: Plans, customers: Customers, *, key: bytes
    ) -> None:
        self._database = database
        self._provider = provider
        self._plans = plans
        self._customers = customers
        self._key = key

    def standing(self, payer: Payer) -> Standing:
        """How a payer stands, as far as it is known here."""
        with self._database.reading() as session:
            rows = _rows(session, payer)
        held = [one for row in rows if (one := _held(row)) is not None]
        return Standing(best(held), may_try=not rows)

    def refresh(self, payer: Payer, now: datetime) -> Standing:
        """The same after asking the provider: for somebody who comes back from a page of theirs."""
        customer = self._customers.known(payer)
        if customer is not None:
            self._sync(payer, customer, now)
        return self.standing(payer)

    def begin_trial(
        self, payer: Payer, price: Price, *, language: str, now: datetime, seats: int = 1
    ) -> Standing:
        """Begin the one trial that a payer has, without a card. Raises `UserError` when it is used up."""
        self._check(payer, price, seats)
        if not self.standing(payer).may_try or self._plans.trial_days == 0:
            raise UserError(N_("The trial has been used already."), 409)
        customer = self._customers.of(payer, language, now)
        news = self._provider.start_trial(
            customer, price, seats=seats, days=self._plans.trial_days, key=f"trial-{customer}"
        )
        self.write_down(payer, [news], now)
        return self.standing(payer)

    def checkout(
        self, payer: Payer, price: Price, *, back: str, language: str, now: datetime, seats: int = 1
    ) -> str:
        """Address of the provider's page on which the payer subscribes; a trial goes on to its end.

        back: an address of ours without a query; the person comes back there with `?checkout=done` or
        `?checkout=left`. Raises `UserError` when there is a paid subscription already.
        """
        self._check(payer, price, seats)
        known = self._sync(payer, self._customers.of(payer, language, now), now)
        if any(_paid_for(one) for one in known):
            raise UserError(N_("There is a subscription already: change it at the payment provider."), 409)
        trials = [one.trial_ends for one in known if one.state == "trialing" and one.trial_ends]
        ends = max(trials, default=None)

        def page() -> str:
            customer = self._customers.of(payer, language, now)
            return self._provider.checkout(
                customer, price, seats=seats, trial_ends=ends, back=back, language=language
            )

        try:
            return page()
        except NoSuch:  # somebody has deleted the customer at the provider
            self.lost(payer, now)
            return page()

    def portal(self, payer: Payer, *, back: str, language: str) -> str:
        """Address of the provider's page about a payer's subscription. Raises `UserError` without one."""
        customer = self._customers.known(payer)
        if customer is None:
            raise UserError(N_("There is no subscription yet."), 404)
        audience: Audience = "group" if payer.group_id is not None else "person"
        return self._provider.portal(customer, audience=audience, back=back, language=language)

    def set_seats(self, payer: Payer, seats: int, now: datetime) -> Standing:
        """Pay for another number of seats; the provider prorates. Raises `UserError` where there are none."""
        if not 1 <= seats <= 9_999:
            raise UserError(N_("A group has from 1 to 9999 seats."))
        with self._database.reading() as session:
            live = [row for row in _rows(session, payer) if row.state in LIVE and row.provider_id]
        if not live:
            raise UserError(N_("There is no subscription yet."), 404)
        first = min(live, key=lambda row: (row.state != "active", -row.id))
        news = self._provider.set_seats(first.provider_id or "", seats)
        self.write_down(payer, [news], now)
        return self.standing(payer)

    # -- what the provider says -----------------------------------------------------------------

    def gather(self, customer: str) -> list[SubscriptionNews]:
        """All subscriptions of a customer, after ending those that a paid one has taken the place of."""
        news = self._provider.subscriptions(customer)
        over = superseded(news)
        for subscription in over:
            self._provider.cancel(subscription)
        return [replace(one, state="cancelled") if one.id in over else one for one in news]

    def settle(self, session: Session, payer: Payer, news: Sequence[SubscriptionNews], now: datetime) -> None:
        """Write down what the provider said when it was asked at `now`."""
        self._customers.hold(session, payer)
        told_at = int(now.timestamp() * 1000)
        for one in news:
            found_by = mark(self._key, "subscription", one.id)
            row = session.scalar(select(Subscription).where(Subscription.mark == found_by))
            before = _held(row) if row is not None else None
            after = settle(before, one, told_at)
            if after is None or after == before:
                continue
            if row is None:
                row = Subscription(account_id=payer.account_id, group_id=payer.group_id, mark=found_by)
                session.add(row)
            _write(row, one.id, after)
            session.flush()
            if payment_failed(before, after) and (person := person_of(session, payer)) is not None:
                enqueue(session, "payment-failed", now, account=person)
        _set_seats(session, payer)

    def lost(self, payer: Payer, now: datetime) -> None:
        """The provider knows the customer no more: nothing is subscribed to, the next payment begins anew."""
        with self._database.writing() as session:
            self._customers.drop(session, payer)
            for row in _rows(session, payer):
                if row.state in LIVE:
                    row.state, row.ends = "cancelled", int(now.timestamp())
                    row.told_at = int(now.timestamp() * 1000)
            session.flush()
            _set_seats(session, payer)

    def write_down(self, payer: Payer, news: Sequence[SubscriptionNews], now: datetime) -> None:
        """`settle` in a transaction of its own."""
        with self._database.writing() as session:
            self.settle(session, payer, news, now)

    def _sync(self, payer: Payer, customer: str, now: datetime) -> list[SubscriptionNews]:
        try:
            news = self.gather(customer)
        except NoSuch:
            self.lost(payer, now)
            return []
        self.write_down(payer, news, now)
        return news

    def _check(self, payer: Payer, price: Price, seats: int) -> None:
        """What a form may have made up."""
        audience = "group" if payer.group_id is not None else "person"
        plan = self._plans.named(price.plan)
        if plan is None or plan.audience != audience or price not in plan.prices:
            raise UserError(N_("This plan is not on offer."), 404)
        if not 1 <= seats <= 9_999 or (seats != 1 and not plan.seats):
            raise UserError(N_("A group has from 1 to 9999 seats."))


def _paid_for(news: SubscriptionNews) -> bool:
    return news.state in ("active", "past_due") or (news.state == "trialing" and news.has_card)


def _rows(session: Session, payer: Payer) -> Sequence[Subscription]:
    query = select(Subscription).where(payer.owns(Subscription.account_id, Subscription.group_id))
    return session.scalars(query.order_by(Subscription.id)).all()


def _held(row: Subscription) -> Held | None:
    """What a row holds; None for one of which everything was erased."""
    state: State | None = next((state for state in (*LIVE, "cancelled") if state == row.state), None)
    if state is None:
        return None
    return Held(
        state=state,
        plan=row.plan or "",
        seats=row.seats or 1,
        trial_ends=row.trial_ends,
        period_ends=row.period_ends,
        ends=row.ends,
        told_at=row.told_at,
        has_card=row.has_card,
    )


def _write(row: Subscription, name: str, held: Held) -> None:
    row.provider_id = name
    row.plan, row.state, row.seats = held.plan, held.state, held.seats
    row.trial_ends, row.period_ends, row.ends = held.trial_ends, held.period_ends, held.ends
    row.told_at, row.has_card = held.told_at, held.has_card


def _set_seats(session: Session, payer: Payer) -> None:
    """A group has as many seats as are paid for."""
    if payer.group_id is None:
        return
    held = best(one for row in _rows(session, payer) if (one := _held(row)) is not None)
    seats = held.seats if held is not None and held.live else None
    session.execute(
        update(Group)
        .where(Group.id == payer.group_id, Group.seats.is_distinct_from(seats))
        .values(seats=seats)
    )
