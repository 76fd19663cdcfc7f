"""The services that views call, made once for each app."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import structlog
from flask import Flask, current_app

from onmeet import clock
from onmeet.accounts.acts import Acts
from onmeet.accounts.contact import Contact
from onmeet.accounts.factors import Factors
from onmeet.accounts.handles import Handles
from onmeet.accounts.moving import Moving
from onmeet.accounts.oversight import Oversight
from onmeet.accounts.own import OwnAccount
from onmeet.accounts.recovery import Recovery
from onmeet.accounts.registering import Registering
from onmeet.accounts.service import Accounts
from onmeet.accounts.sharing import Sharing
from onmeet.accounts.sso import Oidc
from onmeet.billing.selling import Selling, open_selling
from onmeet.config import Config
from onmeet.db import Database
from onmeet.errors import ConfigError
from onmeet.groups.arrivals import Arrivals
from onmeet.groups.domains import Domains
from onmeet.groups.instant import InstantCodes
from onmeet.groups.invitations import Invitations
from onmeet.groups.membership import withheld
from onmeet.groups.service import Groups
from onmeet.groups.single_sign_on import SingleSignOn
from onmeet.groups.ties import Ties
from onmeet.mail.about_accounts import mail_about_account
from onmeet.mail.about_requests import mail_about_request
from onmeet.meetings.hosts import Hosts
from onmeet.meetings.planning import Planning
from onmeet.meetings.records import Records
from onmeet.meetings.reporting import reported
from onmeet.meetings.service import Meetings
from onmeet.meetings.usage import UsageReports
from onmeet.notices import versions
from onmeet.notices.consents import Consents
from onmeet.notices.erasure import Erasure
from onmeet.notices.keys import open_key_store
from onmeet.notices.policy import Policy
from onmeet.notices.requests import Requests
from onmeet.notices.store import open_database
from onmeet.phone.settings import PhoneSettings, load

__all__ = ["Services", "build", "services"]

_KEY = "onmeet"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Services:
    """What stands behind the pages. `policy`: what the notice in force permits, for as long as this runs.

    reported: the categories that tickets let the relay report. phone: trunks, numbers, dialling out.
    selling: plans and payment, or that everything is free.
    """

    config: Config
    policy: Policy
    database: Database
    accounts: Accounts
    meetings: Meetings
    planning: Planning = field(init=False)
    hosts: Hosts = field(init=False)
    records: Records = field(init=False)
    usage: UsageReports = field(init=False)
    reported: tuple[str, ...] = field(init=False)
    own: OwnAccount = field(init=False)
    factors: Factors = field(init=False)
    oidc: Oidc = field(init=False)
    arrivals: Arrivals = field(init=False)
    ties: Ties = field(init=False)
    registering: Registering = field(init=False)
    recovery: Recovery = field(init=False)
    moving: Moving = field(init=False)
    handles: Handles = field(init=False)
    contact: Contact = field(init=False)
    sharing: Sharing = field(init=False)
    erasure: Erasure = field(init=False)
    requests: Requests = field(init=False)
    consents: Consents = field(init=False)
    phone: PhoneSettings = field(init=False)
    selling: Selling = field(init=False)
    groups: Groups = field(init=False)
    instant: InstantCodes = field(init=False)
    invitations: Invitations = field(init=False)
    domains: Domains = field(init=False)
    single_sign_on: SingleSignOn = field(init=False)
    acts: Acts = field(init=False)
    oversight: Oversight = field(init=False)

    def __post_init__(self) -> None:
        handles = Handles(self.database, key=self.config.marks_key)
        derived = {
            "handles": handles,
            "contact": Contact(self.database, handles, key=self.config.marks_key),
            "sharing": Sharing(self.database, self.policy),
            "planning": Planning(self.database, self.meetings),
            "hosts": Hosts(self.database, self.meetings),
            "records": Records(self.database, self.policy, key=self.config.marks_key, withheld=withheld),
            "usage": UsageReports(self.database, self.policy),
            "reported": reported(self.policy),
            "own": OwnAccount(self.database, self.accounts),
            "factors": Factors(
                self.database,
                key=self.config.marks_key,
                wall_clock=lambda: self.accounts.now().timestamp(),
            ),
            "oidc": Oidc(private=self.config.sso_private),
            "arrivals": Arrivals(self.database, self.accounts),
            "ties": Ties(self.database, key=self.config.marks_key),
            "registering": Registering(self.database, self.accounts, mail_about_account),
            "recovery": Recovery(self.database, self.accounts, mail_about_account),
            "moving": Moving(self.database, self.accounts, mail_about_account),
            "erasure": Erasure(self.database, self.policy, open_key_store(self.config)),
            "requests": Requests(self.database, mail_about_request),
            "consents": Consents(self.database, self.policy),
            "phone": _phone(self.config),
            "selling": open_selling(self.config, self.policy, self.database),
            "acts": Acts(self.database, self.config.marks_key, self.config.keys),
            "oversight": Oversight(self.database),
            "groups": Groups(self.database, self.policy),
            "instant": InstantCodes(self.config.marks_key),
            "invitations": Invitations(self.database),
            "domains": Domains(self.database),
            "single_sign_on": SingleSignOn(
                self.database,
                secret_key=self.config.secret_key,
                local=self.config.bind in ("127.0.0.1", "::1") and not self.config.proxies,
            ),
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    def attach(self, app: Flask) -> None:
        """Make this the answer of `services()` inside `app`."""
        app.extensions[_KEY] = self


def _phone(config: Config) -> PhoneSettings:
    """The telephone's settings. The supervisor has checked them; a mistake that was made since then stops the
    gateway, which says where it is, but not the pages."""
    if not config.sip:
        return PhoneSettings()
    try:
        return load(config)
    except ConfigError:
        log.error("the settings of the telephone cannot be used")
        return PhoneSettings()


def build(config: Config) -> Services:
    """The services as they run in production."""
    policy = versions.policy_of(config, clock.now())
    database = open_database(config, policy)
    accounts = Accounts(database, key=config.marks_key)
    accounts.check_key()
    return Services(
        config=config,
        policy=policy,
        database=database,
        accounts=accounts,
        meetings=Meetings(database, key=config.marks_key, anyone_may_start=config.start == "anyone"),
    )


def services() -> Services:
    """The services of the app that handles this request."""
    return cast(Services, current_app.extensions[_KEY])
