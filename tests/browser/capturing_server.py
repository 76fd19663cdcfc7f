"""The real supervisor with the capturing relay in the place of the real one."""

from __future__ import annotations

import sys
from dataclasses import replace

from onmeet import serve
from onmeet.config import Config

_real = serve._children


def _children(config: Config) -> list[serve.Child]:
    command = [sys.executable, "-m", "tests.browser.capturing_relay"]
    return [replace(c, command=command) if c.name == "relay" else c for c in _real(config)]


if __name__ == "__main__":
    serve._children = _children
    sys.exit(serve.main())
