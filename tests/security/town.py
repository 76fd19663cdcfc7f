"""Ada, who owns one of everything, and all the others who would like to have a look at it."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import select

from onmeet import clock
from onmeet.accounts.addressees import Addressees
from onmeet.accounts.models import Account, Block, ContactCode, Passkey, SignIn
from onmeet.billing.models import UsedMonth
from onmeet.billing.payers import Payer
from onmeet.groups.dns_proof import DnsProof
from onmeet.groups.domains import Domains
from onmeet.groups.models import GroupDomain, GroupInvitation, GroupMember
from onmeet.mail.links import link_token
from onmeet.mail.newsletters import leaving_token
from onmeet.meetings.models import CallRecord, MeetingHost, MeetingRecord, Participation
from onmeet.meetings.recurrence import Rule
from onmeet.meetings.schedule import Schedule
from onmeet.notices import access
from onmeet.notices.consents import Consents
from onmeet.notices.models import SubjectRequest
from onmeet.web.calling.switchboard import About, Caller, Switchboard
from tests.billing.test_subscriptions import subscribe
from tests.factories.authenticator import Authenticator
from tests.factories.house import House, Visitor
from tests.factories.operators import operator
from tests.factories.paying import Shop
from tests.peers.stripe import StandIn
from tests.ports import free_port
from tests.security.somebody import Somebody
from tests.web.test_factors import Keyholder

__all__ = ["NEW_PASSWORD", "Town"]

NEW_PASSWORD = "a heron lands at dusk"


@dataclass
class Town:
    """A house full of people. stripe: what payment is made with."""

    house: House
    stripe: StandIn
    people: dict[str, Somebody] = field(init=False)

    def __post_init__(self) -> None:
        house, behind = self.house, self.house.services
        ada = house.member("ada@school.example", "Ada Adastra", proven=True)
        for name, domain in (
            ("grace", "school.example"),
            ("bo", "school.example"),
            ("mallory", "evil.example"),
        ):
            self._visitors[name] = house.member(f"{name}@{domain}", name.title())
        self._visitors["sam"] = house.member("sam@school.example", "Sam", proven=True)
        for name in ("root", "other_operator"):
            self._visitors[name] = operator(house, f"{name}@example.org")
        self._visitors |= {"ada": ada, "guest": house.visitor(), "nobody": house.visitor()}
        behind.accounts.register("gone@example.org", NEW_PASSWORD)
        behind.oversight.close(behind.accounts.id_of("gone@example.org") or 0)
        behind.registering.begin("pia@example.org", NEW_PASSWORD)
        self._own()
        self._visitors["guest"].open(f"/m/{self.code}")
        self._visitors["root"].send("/admin/accounts/find", email="ada@school.example")
        self.people = {
            name: Somebody(name, visitor, self.id_of(name)) for name, visitor in self._visitors.items()
        }

    @cached_property
    def _visitors(self) -> dict[str, Visitor]:
        return {}

    def id_of(self, name: str) -> int:
        """The number of somebody's account, 0 for guests."""
        for domain in ("school.example", "evil.example", "example.org"):
            if (found := self.house.services.accounts.id_of(f"{name}@{domain}")) is not None:
                return found
        return 0

    @property
    def now(self) -> datetime:
        return clock.now()

    @property
    def ada(self) -> int:
        return self.id_of("ada")

    @property
    def switchboard(self) -> Switchboard:
        found: Switchboard = self.house.app.extensions["onmeet.switchboard"]
        return found

    def _own(self) -> None:
        behind, ada, mallory = self.house.services, self.ada, self.id_of("mallory")
        weekly = Schedule(datetime(2030, 1, 7, 10, 0), "Europe/Berlin", 45, Rule("WEEKLY"))
        kept = behind.meetings.create(ada, "Adas Canary", schedule=weekly)
        self.code, self.day = kept.code, "2030-01-14"
        behind.planning.leave_out(ada, self.code, date(2030, 1, 21))
        self.host_token = behind.hosts.new_link(ada, self.code)
        behind.hosts.join(self.id_of("bo"), self.code, self.host_token)
        self.mallory_code = behind.meetings.create(mallory, "Mallorys").code
        self.mallory_host_token = behind.hosts.new_link(mallory, self.mallory_code)
        self.passkey = Keyholder(self._visitors["ada"], Authenticator("http://localhost"))
        assert self.passkey.add().status_code == 200
        behind.accounts.begin(ada, days=1, device="Firefox, Linux")
        self.handle = behind.handles.choose(ada, "ada")
        self.contact_code = behind.contact.add_code(ada, "family", 30, self.now).code
        self.mallory_handle = behind.handles.choose(mallory, "mallory")
        self.mallory_contact_code = behind.contact.add_code(mallory, "", 30, self.now).code
        behind.contact.block(ada, self.id_of("bo"))
        for name in ("ada", "grace"):
            shown = ("name", "picture")
            behind.sharing.choose(self.id_of(name), {"callers": shown, "called": shown})
        Consents(behind.database, behind.policy).give(ada, "newsletter", "Yes.", self.now)
        self._group()
        self._records()
        behind.requests.file("access", "What is held?", self.now, email="ada@school.example", account_id=ada)
        asked = behind.requests.file(
            "access", "?", self.now, email="bo@school.example", account_id=self.id_of("bo")
        )
        behind.requests.pass_on(asked, ada)
        self.request = str(asked)
        self._by_mail()
        behind.moving.ask(ada, "ada@elsewhere.example")
        shop = Shop(self.house, self.stripe)
        subscribe(shop, Payer(account_id=ada))
        shop.deliver_all()

    def _group(self) -> None:
        behind, ada, mallory = self.house.services, self.ada, self.id_of("mallory")
        today = self.now.date()
        for owner, name, members in ((ada, "Heron School", ("grace", "bo")), (mallory, "Evil Ltd", ("sam",))):
            behind.groups.create(owner, name, today)
            for each in members:
                token = behind.invitations.make(owner, "member", uses=1, days=9, now=self.now)
                behind.invitations.accept(token, self.id_of(each), self.now)
        behind.groups.leave(self.id_of("sam"))
        self.group_token = behind.invitations.make(ada, "member", uses=5, days=9, now=self.now)
        # A resolver that is not there, so that nothing leaves this machine
        nowhere = Domains(behind.database, DnsProof(("127.0.0.1", free_port()), seconds=0.1))
        object.__setattr__(behind, "domains", nowhere)
        behind.domains.add(ada, "school.example")
        with behind.database.writing() as session:
            for domain in session.scalars(select(GroupDomain)):
                domain.verified_on = today

    def _records(self) -> None:
        at = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
        with self.house.services.database.writing() as session:
            for name in ("ada", "grace"):
                account = session.get(Account, self.id_of(name))
                assert account is not None
                account.picture = base64.b64encode(b"RIFF-webp").decode()
            record = MeetingRecord(account_id=self.ada, instance="i" * 64, title="Adas Canary", started_at=at)
            session.add(record)
            session.flush()
            session.add_all(
                [
                    Participation(record_id=record.id, account_id=self.ada, seat=1, name="Ada Adastra"),
                    CallRecord(record_id=record.id, account_id=self.ada, instance="c" * 64, started_at=at),
                    UsedMonth(account_id=self.ada, month=date(2026, 11, 1), seconds=60),
                ]
            )

    def _by_mail(self) -> None:
        """Requests of people without an account, whose links have been mailed."""
        behind = self.house.services
        for state in ("unverified", "open"):
            number = behind.requests.file("access", "?", self.now, email=f"{state}@example.org")
            with behind.database.writing() as session:
                row = session.get(SubjectRequest, number)
                assert row is not None
                row.state, row.token_hash = state, hashlib.sha256(f"secret-{state}".encode()).hexdigest()

    @staticmethod
    def request_token(state: str) -> str:
        """In the link to a request in this state."""
        return f"secret-{state}"

    # -- names of Ada's things ------------------------------------------------------------------------

    def number(self, model: Any, *conditions: Any) -> str:
        """The number of the first row that fits."""
        with self.house.services.database.reading() as session:
            found = session.scalars(select(model.id).where(*conditions).order_by(model.id)).first()
        assert found is not None, f"Ada has no {model.__tablename__}"
        return str(found)

    @property
    def co_host(self) -> str:
        return self.number(MeetingHost)

    @property
    def passkey_number(self) -> str:
        return self.number(Passkey, Passkey.account_id == self.ada)

    @property
    def contact_code_number(self) -> str:
        return self.number(ContactCode, ContactCode.account_id == self.ada)

    @property
    def sign_in(self) -> str:
        """The name of another browser of hers."""
        with self.house.services.database.reading() as session:
            query = (
                select(SignIn.name)
                .where(SignIn.account_id == self.ada)
                .order_by(SignIn.checked_at, SignIn.name)
            )
            return session.scalars(query).all()[-1]

    def member_number(self, name: str) -> str:
        return self.number(GroupMember, GroupMember.account_id == self.id_of(name))

    @property
    def invitation(self) -> str:
        return self.number(GroupInvitation)

    @property
    def domain(self) -> str:
        return self.number(GroupDomain)

    @property
    def ada_number(self) -> str:
        return str(self.ada)

    @property
    def block(self) -> str:
        return self.number(Block)

    def leaving(self, of: str) -> str:
        """In the link out of the newsletter."""
        return leaving_token(self.house.config.marks_key, self.id_of(of), self.subject(of))

    def reachable(self) -> dict[str, str]:
        """Somebody whom Ada may call: Mallory, who lets anyone."""
        self.house.services.contact.set_reach(self.id_of("mallory"), "anyone")
        return {"handle": self.mallory_handle}

    def item(self, table: str) -> dict[str, str]:
        return next(each for each in self.items() if each["table"] == table)

    def items(self) -> list[dict[str, str]]:
        """Every row that holds anything about Ada."""
        found = []
        with self.house.services.database.reading() as session:
            for table in access.people_tables():
                query = select(table).where(access.person_column(table) == self.ada)
                for row in session.execute(query).mappings():
                    found.append({"table": table.name, "key": access.key_of(table, row)})
        return found

    def ring(self) -> str:
        """A call of Grace's to Ada, which rings."""
        return self.switchboard.prepare(
            self.ada,
            Caller(self.id_of("grace"), secrets.token_hex(4)),
            About("Grace", guest=False),
            "abc-defg-hjk",
        )

    def link(self, purpose: str, of: str = "ada", *, state_of: str = "") -> str:
        """What a mailed link for `of` carries; `state_of` somebody else, it is a forgery."""
        behind = self.house.services
        state = Addressees(behind.database).state_of(self.id_of(state_of or of))
        assert state is not None
        return link_token(self.house.config.marks_key, purpose, self.id_of(of), state, self.now)

    def subject(self, of: str) -> str:
        person = Addressees(self.house.services.database).of(self.id_of(of))
        assert person is not None
        return person.subject
