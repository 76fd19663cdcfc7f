"""`python -m tests.impatient_server`: OnMeet with a watchdog that waits for seconds instead of many."""

from __future__ import annotations

import sys

from onmeet import serve, watchdog

if __name__ == "__main__":
    watchdog.ASK_SECONDS = 0.5
    watchdog.SILENT_SECONDS = 5.0
    watchdog.STARTING_SECONDS = 30.0
    sys.exit(serve.main())
