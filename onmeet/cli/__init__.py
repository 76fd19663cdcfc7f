"""The operator's command line: `onmeet …`, also `python -m onmeet.cli …`.

One module a subject, each with `add_commands`; `opening` gives them the database. Imports everything but
pages and processes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from onmeet.cli import (
    audit,
    billing,
    database,
    gateway_key,
    keys,
    mail,
    notice,
    people,
    prompts,
    retention,
    usage,
    users,
)
from onmeet.config import Config
from onmeet.errors import ConfigError, UserError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status (0 done, 1 refused, 2 wrong use or setting)."""
    options = _parser().parse_args(arguments)
    try:
        if "plain" in options:  # needs no settings, and so makes no data folder
            done: int = options.plain(options)
            return done
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
    subjects = (
        database,
        users,
        keys,
        gateway_key,
        mail,
        people,
        notice,
        retention,
        usage,
        audit,
        billing,
        prompts,
    )
    for module in subjects:
        module.add_commands(commands)
    return parser
