"""The parts of the mail service, put together from the settings."""

from __future__ import annotations

from functools import partial

from onmeet.config import Config
from onmeet.db import Database
from onmeet.mail.addresses import Addresses
from onmeet.mail.dispatch import Dispatcher
from onmeet.mail.mailer import Mailer
from onmeet.mail.newsletters import Letterbox
from onmeet.mail.outbox import Outbox
from onmeet.mail.render import House, Renderer
from onmeet.mail.smtp import Smtp
from onmeet.notices.outlets import check_file
from onmeet.notices.policy import Policy

__all__ = ["letterbox", "mailer", "outbox", "post_office"]


def post_office(config: Config, database: Database, policy: Policy, addresses: Addresses) -> Dispatcher:
    """What sends the mails of an instance. Raises `ConfigError`."""
    house = House(config.operator, config.public_url or f"http://localhost:{config.port}", config.mail_from)
    texts = letterbox(config)
    renderer = Renderer(house, addresses, texts, config.marks_key)
    return Dispatcher(database, policy, mailer(config, policy), renderer, texts)


def mailer(config: Config, policy: Policy) -> Mailer:
    """The way out: the mail server of the settings, or the folder."""
    return Smtp.at(config.smtp_url) if config.smtp_url else outbox(config, policy)


def outbox(config: Config, policy: Policy) -> Outbox:
    """The folder where mails lie as long as no mail server is set, if the notice permits such files."""
    return Outbox(config.data / "outbox", partial(check_file, data=config.data, policy=policy))


def letterbox(config: Config) -> Letterbox:
    """The folder of newsletters that are being sent."""
    return Letterbox(config.data / "newsletters")
