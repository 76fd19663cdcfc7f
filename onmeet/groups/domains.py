"""Mail domains of groups: proven by the DNS, they let people with a proven address there join."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import structlog
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from onmeet.accounts.models import Account
from onmeet.db import Database
from onmeet.errors import N_, ProviderError, UserError
from onmeet.groups.dns_proof import PREFIX, DnsProof, domain_name
from onmeet.groups.invitations import Offer
from onmeet.groups.membership import (
    GroupGone,
    Membership,
    admit,
    group_of,
    membership,
    one_group_each,
    ruled,
)
from onmeet.groups.models import GroupDomain
from onmeet.groups.policy import GroupPolicy

__all__ = ["MOST_DOMAINS", "Domain", "DomainOffer", "Domains"]

MOST_DOMAINS = 20
AGAIN_DAYS = 7
"""How often the DNS is asked again: a domain can be given away."""
AT_ONCE = 50
"""Domains that are looked at in one go: other work waits meanwhile."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain as the group's admins see it. record: what the DNS must say. verified_on: None: never."""

    number: int
    name: str
    record: str
    verified_on: date | None


@dataclass(frozen=True, slots=True)
class DomainOffer:
    """A group that somebody may join because of their address. `number`: in addresses of pages."""

    number: int
    domain: str
    offer: Offer


class Domains:
    """The service."""

    def __init__(self, database: Database, proof: DnsProof | None = None) -> None:
        self._database = database
        self._proof = proof or DnsProof()

    def of(self, account_id: int) -> list[Domain]:
        """The domains of an admin's group. Raises `GroupGone`."""
        with self._database.reading() as session:
            group = ruled(session, account_id).group
            query = select(GroupDomain).where(GroupDomain.group_id == group).order_by(GroupDomain.domain)
            return [_view(row) for row in session.scalars(query)]

    def add(self, account_id: int, typed: str) -> None:
        """Say that a domain is the group's; nothing follows from it until `check`. Raises `UserError`."""
        name = domain_name(typed)
        if name is None:
            raise UserError(N_("Please give a domain, such as example.org."), 422)
        with self._database.writing() as session:
            group = ruled(session, account_id).group
            theirs = select(GroupDomain).where(GroupDomain.group_id == group)
            if session.scalar(theirs.where(GroupDomain.domain == name)) is not None:
                return
            if (session.scalar(select(func.count()).select_from(theirs.subquery())) or 0) >= MOST_DOMAINS:
                raise UserError(N_("The group has many domains already. Take one away first."), 409)
            session.add(GroupDomain(group_id=group, domain=name, token=secrets.token_urlsafe(32)))

    def remove(self, account_id: int, number: int) -> None:
        """The domain is the group's no more; members stay. Raises `GroupGone`."""
        with self._database.writing() as session:
            session.delete(_owned(session, account_id, number))

    def check(self, account_id: int, number: int, today: date) -> bool:
        """Ask the DNS whether the domain is the group's. Raises `GroupGone`, or `ProviderError`."""
        with self._database.reading() as session:
            row = _owned(session, account_id, number)
        return self._look(row, today)

    def recheck(self, today: date) -> int:
        """Ask again about some that were proven a while ago; how many are no longer their group's."""
        due = GroupDomain.verified_on <= today - timedelta(days=AGAIN_DAYS)
        query = select(GroupDomain).where(due).order_by(GroupDomain.verified_on).limit(AT_ONCE)
        with self._database.reading() as session:
            rows = session.scalars(query).all()
        lost = 0
        for row in rows:
            try:
                lost += not self._look(row, today)
            except ProviderError:
                log.warning("the domains of groups could not be checked and are checked again")
                break
        return lost

    def _look(self, row: GroupDomain, today: date) -> bool:
        said = self._proof.says(row.domain, row.token)
        with self._database.writing() as session:
            now = session.get(GroupDomain, row.id)
            if now is not None:
                now.verified_on = today if said else None
        return said

    # -- joining -------------------------------------------------------------------------------------

    def offers(self, account_id: int) -> list[DomainOffer]:
        """The groups that somebody in no group may join because of a proven address."""
        with self._database.reading() as session:
            if membership(session, account_id) is not None:
                return []
            return list(_offers(session, account_id))

    def offer(self, account_id: int, number: int) -> DomainOffer:
        """One of them. Raises `GroupGone`, also for somebody to whom it is not made."""
        with self._database.reading() as session:
            return _offer(session, account_id, number)

    def accept(self, account_id: int, number: int, today: date) -> Membership:
        """Go in as a member. Raises `GroupGone`, `AlreadyMember` or `NoSeat`."""
        with one_group_each(), self._database.writing() as session:
            group = _offer(session, account_id, number).offer.group
            admit(session, group, account_id, "member", today)
            here = membership(session, account_id)
        if here is None:
            raise GroupGone
        return here

    def is_of(self, group_id: int, email: str) -> bool:
        """Whether the domain of an address is proven to be this group's (for its own sign-in service)."""
        name = _domain_of(email)
        with self._database.reading() as session:
            query = _proven(name).where(GroupDomain.group_id == group_id)
            return name != "" and session.scalar(query.limit(1)) is not None


def _offers(session: Session, account_id: int) -> Iterator[DomainOffer]:
    account = session.get(Account, account_id)
    if account is None or account.proven != account.email_mark or not account.email:
        return
    for row in session.scalars(_proven(_domain_of(account.email)).order_by(GroupDomain.id)):
        group = group_of(session, row.group_id)
        offer = Offer(group.id, group.name, "member", GroupPolicy.from_json(group.policy))
        yield DomainOffer(row.id, row.domain, offer)


def _offer(session: Session, account_id: int, number: int) -> DomainOffer:
    found = (each for each in _offers(session, account_id) if each.number == number)
    if (offer := next(found, None)) is None:
        raise GroupGone
    return offer


def _proven(name: str) -> Select[GroupDomain]:
    return select(GroupDomain).where(GroupDomain.domain == name, GroupDomain.verified_on.is_not(None))


def _domain_of(email: str) -> str:
    return domain_name(email.rpartition("@")[2]) or ""


def _owned(session: Session, account_id: int, number: int) -> GroupDomain:
    actor, row = ruled(session, account_id), session.get(GroupDomain, number)
    if row is None or row.group_id != actor.group:
        raise GroupGone
    return row


def _view(row: GroupDomain) -> Domain:
    return Domain(row.id, row.domain, f"{PREFIX}{row.token}", row.verified_on)
