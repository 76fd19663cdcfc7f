"""`onmeet db`: the tables, and the notice that the setting names."""

from __future__ import annotations

import argparse
from typing import Any

from onmeet import clock
from onmeet.config import Config

__all__ = ["add_commands"]


def add_commands(commands: Any) -> None:
    """Put these commands beside the others."""
    actions = commands.add_parser("db", help="the database").add_subparsers(required=True, metavar="ACTION")
    actions.add_parser("upgrade", help="bring the tables up to date").set_defaults(run=_upgrade)


def _upgrade(config: Config, _options: argparse.Namespace) -> int:
    from onmeet import migrations  # Alembic is slow to import and needed by this command alone

    _try_services(config)
    migrations.upgrade(config)
    _check_text(config)
    _adopt_notice(config)
    return 0


def _check_text(config: Config) -> None:
    """Raise `ConfigError` where text is not sealed as the settings say, or its keys are missing."""
    from onmeet.db import connect
    from onmeet.migrations import tables as _tables  # noqa: F401 - fills the metadata
    from onmeet.notices import stored
    from onmeet.notices.keys import open_key_store

    database, keys = connect(config.database_url), open_key_store(config)
    try:
        stored.check_state(database, config, keys)
    finally:
        keys.close()
        database.close()


def _try_services(config: Config) -> None:
    """Raise `ConfigError` for settings that a part would stumble over only once it runs."""
    from onmeet.mail.smtp import Smtp
    from onmeet.notices.masters import try_out, wrapping

    if config.smtp_url:
        Smtp.at(config.smtp_url)
    if config.kms_command:
        try_out(wrapping(config.kms_command))


def _adopt_notice(config: Config) -> None:
    """Put the configured notice into force or announce it, and queue the mails that tell people so.

    Raises `ConfigError` before that where something is to be sold that the notice, or the plans, do not bear.
    """
    from onmeet.accounts.addressees import Addressees
    from onmeet.billing import payments, plan_file
    from onmeet.db import connect
    from onmeet.mail.queue import enqueue_for
    from onmeet.notices import versions
    from onmeet.notices.policy import Policy

    notice = versions.configured(config)
    payments.check(config, Policy(notice))
    if config.stripe_key or config.plans:
        plan_file.load(config)
    database, now = connect(config.database_url), clock.now()
    try:
        everybody = Addressees(database).everybody()
        with database.writing() as session:
            adoption = versions.adopt_in(session, notice, now, bool(everybody))
            if adoption.announced:
                enqueue_for(session, "notice-changed", now, everybody, about=adoption.news.label)
            elif adoption.withdrawn:
                enqueue_for(session, "notice-withdrawn", now, everybody, about=adoption.withdrawn.label)
    finally:
        database.close()
