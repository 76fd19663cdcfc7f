"""The operator's command line: `onmeet …`, also `python -m onmeet.cli …`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from onmeet.config import Config
from onmeet.errors import ConfigError, UserError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status (0 done, 1 refused, 2 wrong use or setting)."""
    options = _parser().parse_args(arguments)
    try:
        config = Config.from_env()
        status: int = options.run(config, options)
    except ConfigError as error:
        print(f"onmeet: {error}", file=sys.stderr)  # noqa: T201
        return 2
    except UserError as error:
        print(f"onmeet: {error.message}", file=sys.stderr)  # noqa: T201
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="onmeet", description="Run and look after OnMeet.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    database = commands.add_parser("db", help="the database").add_subparsers(required=True, metavar="ACTION")
    database.add_parser("upgrade", help="bring the tables up to date").set_defaults(run=_db_upgrade)
    return parser


def _db_upgrade(config: Config, _options: argparse.Namespace) -> int:
    from onmeet import migrations  # Alembic is slow to import and needed by this command alone

    migrations.upgrade(config)
    return 0


if __name__ == "__main__":
    sys.exit(main())
