"""`onmeet backup|restore` and `onmeet keys …`: copies of the database, and the keys that open them."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from onmeet import clock, migrations
from onmeet.config import Config
from onmeet.errors import ConfigError

__all__ = ["add_commands"]


def add_commands(commands: Any) -> None:
    """Add the commands to the parser of the command line."""
    make = commands.add_parser("backup", help="write a copy of the database that forgets what is erased")
    make.add_argument("file", nargs="?", type=Path, help="a new file; else one in the data folder's backups/")
    make.set_defaults(run=_backup)
    back = commands.add_parser("restore", help="bring back what a copy holds and nobody has erased since")
    back.add_argument("file", type=Path)
    back.add_argument("--overwrite", action="store_true", help="replace everything in the database")
    back.set_defaults(run=_restore)
    keys = commands.add_parser("keys", help="the keys of sealed text").add_subparsers(
        required=True, metavar="ACTION"
    )
    rotate = keys.add_parser("rotate", help="make a new master key and destroy the old one")
    rotate.add_argument(
        "--subjects", action="store_true", help="and a new key for every row, sealing all text anew"
    )
    rotate.set_defaults(run=_rotate)
    keys.add_parser("seal", help="seal text that lies in clear").set_defaults(run=_seal)
    keys.add_parser("status", help="say how many keys there are and what protects them").set_defaults(
        run=_status
    )


def _backup(config: Config, options: argparse.Namespace) -> int:
    from onmeet.migrations import tables as _tables  # noqa: F401 - fills the metadata
    from onmeet.notices import backup

    migrations.upgrade(config)
    now = clock.now()
    file = options.file or backup.default_file(config, now)
    counts = backup.make(config, file, revision=migrations.HEAD, days=_days(config), now=now)
    _say(f"{file}: {sum(counts.copied.values())} rows")
    return 0


def _restore(config: Config, options: argparse.Namespace) -> int:
    from onmeet.migrations import tables as _tables  # noqa: F401 - fills the metadata
    from onmeet.notices import backup

    migrations.upgrade(config)
    counts = backup.restore(
        config,
        options.file,
        revision=migrations.HEAD,
        days=_days(config),
        now=clock.now(),
        overwrite=options.overwrite,
    )
    _say(f"{sum(counts.copied.values())} rows are back, {sum(counts.erased.values())} stay erased")
    return 0


def _days(config: Config) -> int:
    """For how long the configured notice permits back-ups. Raises `ConfigError` when it permits none."""
    from onmeet.notices import versions

    notice = versions.configured(config)
    if not notice.backup_days:
        raise ConfigError(f"ONMEET_NOTICE: the notice {notice.name} permits no back-ups (backup_days)")
    return notice.backup_days


def _rotate(config: Config, options: argparse.Namespace) -> int:
    from onmeet.migrations import tables as _tables  # noqa: F401 - fills the metadata
    from onmeet.notices.keys import open_key_store
    from onmeet.notices.stored import renew_keys

    keys = open_key_store(config)
    if options.subjects:
        migrations.upgrade(config)
        _say(f"{renew_keys(config, keys, time.sleep)} values are sealed under new keys")
    _say(f"{keys.rotate_master()} keys are wrapped by a new master key; the old one is destroyed")
    return 0


def _seal(config: Config, _options: argparse.Namespace) -> int:
    from onmeet.migrations import tables as _tables  # noqa: F401 - fills the metadata
    from onmeet.notices.keys import open_key_store
    from onmeet.notices.sealing import Sealer, wanted
    from onmeet.notices.stored import seal_all

    if not wanted(config):
        raise ConfigError("ONMEET_SEAL must be always, or the database PostgreSQL, for text to be sealed")
    migrations.upgrade(config)
    _say(f"{seal_all(config, Sealer(open_key_store(config)))} values are sealed")
    return 0


def _status(config: Config, _options: argparse.Namespace) -> int:
    from onmeet.notices.keys import open_key_store
    from onmeet.notices.sealing import wanted

    keys = open_key_store(config)
    _say(f"{sum(1 for _ in keys.subjects())} rows have a key, {len(keys.backups())} back-ups can be read")
    _say(f"the master key is protected by: {keys.protected_by()}")
    _say(f"text in the database is {'sealed' if wanted(config) else 'not sealed, only in back-ups'}")
    return 0


def _say(line: str) -> None:
    print(line, file=sys.stdout)  # noqa: T201
