"""gunicorn's messages go the way of all others: through the allow-list of `onmeet.logs`.

Its own handler would write the address of everybody who sends a broken request, and the path of every
request that fails.
"""

from __future__ import annotations

import os
from typing import Any

from gunicorn import glogging

from onmeet import logs

__all__ = ["Logger"]


class Logger(glogging.Logger):  # type: ignore[misc]  # gunicorn has no types
    """Hands everything to the root logger."""

    def setup(self, cfg: Any) -> None:
        """As in gunicorn, without its handlers; runs in the arbiter and in each worker."""
        super().setup(cfg)
        logs.configure(os.environ.get("ONMEET_LOG_LEVEL") or "info", "web")
        self.error_log.handlers.clear()
        self.error_log.propagate = True
