"""`python -m tests.impatient_server`: OnMeet with a watchdog that waits for seconds instead of many."""

from __future__ import annotations

import sys

from onmeet import serve, watchdog

if __name__ == "__main__":
    watchdog.ASK_SECONDS = 0.5
    watchdog.SILENT_SECONDS = 3.0
    watchdog.STARTING_SECONDS = 12.0
    sys.exit(serve.main())
