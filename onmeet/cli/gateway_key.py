"""`onmeet gateway-key`: the fingerprint by which browsers know this telephone gateway."""

from __future__ import annotations

import argparse
from typing import Any

from onmeet.config import Config

__all__ = ["add_commands"]


def add_commands(commands: Any) -> None:
    """Add the command to the parser of the command line."""
    show = commands.add_parser("gateway-key", help="show the fingerprint of the telephone gateway's key")
    show.set_defaults(run=_show)


def _show(config: Config, _options: argparse.Namespace) -> int:
    from onmeet.phone.gateway_key import GatewayKey

    print(GatewayKey.of(config).fingerprint)  # noqa: T201
    return 0
