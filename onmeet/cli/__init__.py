"""The operator's command line: `onmeet …`, also `python -m onmeet.cli …`.

One module a subject, each with `add_commands`; `opening` gives them the database. Imports everything but
pages and processes.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from onmeet import keyfiles
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
from onmeet.errors import ConfigError, ProviderError, UserError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status (0 done, 1 refused, 2 wrong use or setting)."""
    options = _parser().parse_args(arguments)
    os.umask(keyfiles.PRIVATE)
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
    except BrokenPipeError:  # whoever reads has seen enough: `onmeet … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (OSError, ProviderError) as error:
        print(f"onmeet: {error}", file=sys.stderr)  # noqa: T201
        return 1
    except Exception as error:
        said = _of_the_database(error)
        if said is None:
            raise
        print(f"onmeet: {said}", file=sys.stderr)  # noqa: T201
        return 2
    return status


def _of_the_database(error: Exception) -> str | None:
    """A sentence about a database that cannot be reached, read or written; None for any other mistake."""
    from sqlalchemy.exc import DBAPIError  # slow to import, and loaded already where it was raised

    if not isinstance(error, DBAPIError) or type(error.orig).__name__ not in _ITS_OWN_MISTAKES:
        return None
    reason = str(error.orig).strip().partition("\n")[0]  # the driver's words: they never hold the password
    if reason.startswith("no such "):  # a table or column: SQLite's word for what is our mistake
        return None
    return f"DATABASE_URL: the database cannot be used ({reason})"


_ITS_OWN_MISTAKES = frozenset({"OperationalError", "DatabaseError", "ConnectionTimeout", "DiskFull"})
"""What the drivers raise when it is the database that fails, and not what we asked of it."""


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
