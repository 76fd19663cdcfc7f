"""The settings of a group's own sign-in service, and its secret."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from onmeet.errors import UserError
from onmeet.groups import secrets
from onmeet.groups.invitations import Invitations
from onmeet.groups.membership import GroupGone
from onmeet.groups.models import Group, GroupDomain
from onmeet.groups.service import Groups
from onmeet.groups.single_sign_on import SingleSignOn
from tests.factories.house import House
from tests.groups.people import TODAY, People, group_with

KEY = "k" * 40
GOOD = {"issuer": "https://login.example.org/", "client": "onmeet", "secret": "s3cret", "required": False}


class Office:
    def __init__(self, house: House) -> None:
        self.database, self.people = house.services.database, People(house)
        self.groups = Groups(self.database, house.services.policy)
        self.group = group_with(
            self.groups, Invitations(self.database), *map(self.people, ("Ada", "Bo", "Cy")), admins=1
        )
        self.sign_on = SingleSignOn(self.database, secret_key=KEY)

    def change(self, **fields: Any) -> None:
        self.sign_on.change(self.people("Ada"), **{**GOOD, **fields})

    def prove(self, domain: str = "example.org") -> None:
        with self.database.writing() as session:
            session.add(GroupDomain(group_id=self.group, domain=domain, token="t", verified_on=TODAY))


@pytest.fixture
def office(house: House) -> Office:
    return Office(house)


def test_a_sealed_secret_opens_for_its_group_and_its_key_alone() -> None:
    sealed = secrets.seal(KEY, 7, "s3cret")
    assert "s3cret" not in sealed
    assert secrets.seal(KEY, 7, "s3cret") != sealed
    assert secrets.open(KEY, 7, sealed) == "s3cret"
    for key, group, text in ((KEY, 8, sealed), ("x" * 40, 7, sealed), (KEY, 7, sealed[:-4]), (KEY, 7, "%%%")):
        with pytest.raises(secrets.CannotOpen):
            secrets.open(key, group, text)
    assert secrets.seal(KEY, 7, "") == secrets.open(KEY, 7, "") == ""


def test_the_database_holds_no_secret_in_clear(office: Office) -> None:
    office.change()
    with office.database.reading() as session:
        stored = session.scalars(select(Group.sso_secret)).one()
    assert stored
    assert "s3cret" not in stored
    assert office.sign_on.of_group(office.group).secret == "s3cret"
    assert office.sign_on.settings(office.people("Bo")).secret == ""


def test_an_empty_secret_leaves_the_old_one_unless_the_service_is_another(office: Office) -> None:
    office.change()
    office.change(secret="", client="other")
    assert office.sign_on.of_group(office.group).secret == "s3cret"
    office.change(secret="", issuer="https://thief.example")
    assert office.sign_on.of_group(office.group).secret == ""


@pytest.mark.parametrize(
    "issuer",
    [
        "http://login.example.org", "https://", "login.example.org", "https://u:p@example.org",
        "https://example.org/?a=b", "https://127.0.0.1", "http://localhost:8080", "https://10.0.0.1",
        "https://[::1]/", "https://[", "https://intranet", "ftp://example.org",
    ],
)  # fmt: skip
def test_addresses_that_are_no_sign_in_service_are_refused(office: Office, issuer: str) -> None:
    with pytest.raises(UserError):
        office.change(issuer=issuer)
    assert office.sign_on.of_group(office.group).issuer == ""


def test_on_ones_own_machine_a_service_there_will_do(office: Office) -> None:
    office.sign_on = SingleSignOn(office.database, secret_key=KEY, local=True)
    office.change(issuer="http://127.0.0.1:9000")
    assert office.sign_on.of_group(office.group).issuer == "http://127.0.0.1:9000"


def test_only_the_owner_sets_it_up_and_only_those_who_run_the_group_see_it(office: Office) -> None:
    for name in ("Bo", "Cy", "Zoe"):
        with pytest.raises(GroupGone):
            office.sign_on.change(office.people(name), **GOOD)
    for name in ("Cy", "Zoe"):
        with pytest.raises(GroupGone):
            office.sign_on.settings(office.people(name))


def test_nobody_is_made_to_use_what_cannot_work(office: Office) -> None:
    with pytest.raises(UserError):
        office.change(required=True)
    with pytest.raises(UserError):
        office.change(client="")
    office.prove()
    office.change(required=True)
    assert not office.sign_on.demands(office.people("Ada")), "the owner is never locked out"
    assert office.sign_on.demands(office.people("Bo"))
    assert office.sign_on.demands(office.people("Cy"))
    assert not office.sign_on.demands(office.people("Zoe"))
    assert office.sign_on.demanded_by(office.group) == "https://login.example.org"


def test_a_lost_domain_lets_members_in_again_as_everybody(office: Office) -> None:
    office.prove()
    office.change(required=True)
    with office.database.writing() as session:
        session.execute(update(GroupDomain).values(verified_on=None))
    assert not office.sign_on.demands(office.people("Cy"))
    assert office.sign_on.for_address("cy@example.org") is None


def test_a_service_is_found_by_a_proven_domain(office: Office) -> None:
    office.change()
    assert office.sign_on.for_address("cy@example.org") is None
    office.prove()
    found = office.sign_on.for_address("Cy@EXAMPLE.org")
    assert found is not None
    assert (found.group, found.usable, found.domains) == (office.group, True, ("example.org",))
    assert office.sign_on.for_address("cy@sub.example.org") is None
    assert office.sign_on.for_address("no address") is None


def test_taking_it_away_takes_all_of_it(office: Office) -> None:
    office.prove()
    office.change(required=True)
    office.change(issuer="", client="", secret="", required=False)
    service = office.sign_on.of_group(office.group)
    assert (service.issuer, service.client, service.secret, service.required) == ("", "", "", False)
