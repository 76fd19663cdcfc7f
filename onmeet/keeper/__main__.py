"""The keeper process, `python -m onmeet.keeper`: everything joined, two threads, one way to end.

The main thread takes reports and finishes meetings; the other does the chores, so that an hour's sweep or a
slow mail server never delays the end of a meeting.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Mapping
from datetime import datetime
from types import FrameType

import structlog

from onmeet import clock, logs
from onmeet.accounts import moving
from onmeet.accounts.addressees import Addressees
from onmeet.billing.usage import Usage
from onmeet.config import Config
from onmeet.db import Database
from onmeet.errors import ConfigError, ProviderError
from onmeet.groups.domains import Domains
from onmeet.groups.membership import withheld
from onmeet.groups.service import Groups
from onmeet.groups.shorter import sweep_groups
from onmeet.keeper.chores import Chores, Ending, Work, closed, warn
from onmeet.keeper.consumer import Consumer
from onmeet.keeper.endings import Endings
from onmeet.keeper.paying import payment_jobs
from onmeet.mail.about_requests import mail_about_request
from onmeet.mail.office import post_office
from onmeet.meetings.records import Records
from onmeet.meetings.service import Meetings
from onmeet.notices import backup, versions
from onmeet.notices.erasure import Erasure
from onmeet.notices.inactivity import Inactivity
from onmeet.notices.keys import open_key_store
from onmeet.notices.policy import Policy
from onmeet.notices.receipts import InstanceKey, Receipts
from onmeet.notices.requests import Requests
from onmeet.notices.rotating import RotatingKeys
from onmeet.notices.store import open_database
from onmeet.notices.sweep import Sweep
from onmeet.signalling.feed import Feed

__all__ = ["ANOTHER_NOTICE", "Keeper", "main"]

ANOTHER_NOTICE = 75
"""Exit status: another notice is in force, and web and keeper are to be started anew with it."""

TAKE_SECONDS = 1.0
PAUSE_SECONDS = 0.2

log = structlog.get_logger()


class Keeper:
    """The parts of the process, built on the notice in force at its start."""

    def __init__(self, config: Config, policy: Policy, database: Database) -> None:
        self.config = config
        self.policy = policy
        self.database = database
        self.status = 0
        self._stopping = False
        self._chores_end = threading.Event()
        self._keys = open_key_store(config)
        self._feed = Feed(config.relay_socket, wall=time.time)
        self._chores = Chores(self._work(), self._chores_end, wall=time.time)
        receipts = Receipts(database, InstanceKey.of(config), policy.notice)
        endings = Endings(
            database,
            policy,
            Sweep(database, policy, self._keys),
            receipts,
            not_clean=lambda: self._chores.ask("traces"),
        )
        records = Records(database, policy, key=config.marks_key, withheld=withheld)
        meetings = Meetings(database, key=config.marks_key, anyone_may_start=config.start == "anyone")
        self._consumer = Consumer(
            self._feed,
            records,
            endings.finish,
            wall=time.time,
            spent=meetings.spent,
            metered=Usage(database, policy).take,
        )

    def run(self) -> int:
        """Until `stop`; the exit status."""
        chores = threading.Thread(target=self._chores.run, name="chores")
        chores.start()
        try:
            while not self._stopping:
                if not self._consumer.step(TAKE_SECONDS):
                    time.sleep(PAUSE_SECONDS)
        finally:
            self._stopping = True
            self._chores_end.set()
            chores.join()
            self._feed.close()
        return self.status

    def stop(self, status: int = 0) -> None:
        """End soon. Safe in a signal handler, because it takes no lock, and from any thread."""
        self.status = self.status or status
        self._stopping = True
        self._feed.wake()

    # -- chores --------------------------------------------------------------------------------

    def _work(self) -> Mapping[str, Work]:
        office = post_office(self.config, self.database, self.policy, Addressees(self.database))
        return {
            "notice": self._look_for_another_notice,
            "traces": self._erase_traces,
            "meetings": lambda now: self._sweep().run(now, fresh=True),
            "everything": self._sweep_everything,
            "mail": office.send_due,
            "erasures": self._finish_erasures,
            "requests": self._look_at_requests,
            "backups": self._expire_backups,
            **payment_jobs(self.config, self.policy, self.database),
            "domains": lambda now: Domains(self.database).recheck(now.date()),
        }

    def _sweep(self) -> Sweep:
        return Sweep(self.database, self.policy, self._keys, pause=self._break_off)

    def _break_off(self) -> None:
        """Between two transactions of a sweep: nothing is lost when the process ends here."""
        if self._stopping:
            raise Ending

    def _look_for_another_notice(self, now: datetime) -> None:
        if versions.policy_in_force(self.database, self.config, now).notice != self.policy.notice:
            log.info("another notice takes effect")
            self.stop(ANOTHER_NOTICE)

    def _erase_traces(self, _now: datetime) -> None:
        if not self.database.erase_traces():
            raise ProviderError("a reader keeps deleted text in the write-ahead log")

    def _finish_erasures(self, now: datetime) -> None:
        """What a crash cut short."""
        if finished := Erasure(self.database, self.policy, self._keys).finish(now):
            log.info("finished erasures that had been cut short", count=finished)
        Groups(self.database, self.policy).tidy()

    def _look_at_requests(self, now: datetime) -> None:
        """Forget those that nobody confirmed; remind the operator of deadlines."""
        requests = Requests(self.database, mail_about_request)
        requests.forget_unverified(now)
        if near := requests.near_deadline(now):
            log.warning("requests of data subjects are due within a week or overdue", count=near)

    def _expire_backups(self, now: datetime) -> None:
        backup.expire(self.config, self._keys, days=self.policy.notice.backup_days, now=now)

    def _sweep_everything(self, now: datetime) -> None:
        inactivity = Inactivity(self.database, self.policy)
        warned, ended = inactivity.warn(now, warn(now)), inactivity.close(now, closed(now))
        RotatingKeys(self.config.keys / "rotating", wall=time.time).destroy_ended()
        moving.forget_lapsed(self.database, now)
        swept = self._sweep().run(now)
        sweep_groups(self.database, self.policy, self._keys, now, pause=self._break_off)
        if swept.rows or swept.counts or warned or ended:
            log.info("swept", counts=swept.counts, count=swept.rows)
        with self.database.writing() as session:
            current = versions.in_force(session, now)
            if current is not None and not current.cleaned and current.notice() == self.policy.notice:
                versions.mark_cleaned(session, current.id)
        if not swept.clean:
            self._chores.ask("traces")


def main() -> int:
    """Run the process; returns its exit status."""
    try:
        config = Config.from_env()
        logs.configure(config.log_level, "keeper")
        now = clock.now()
        policy = versions.policy_of(config, now)
        database = open_database(config, policy)
        keeper = Keeper(config, policy, database)
    except ConfigError as error:
        print(f"The keeper cannot start: {error}", file=sys.stderr)  # noqa: T201
        return 2

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        keeper.stop()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    log.info("the keeper is up")
    try:
        return keeper.run()
    finally:
        database.close()
        log.info("the keeper has ended")


if __name__ == "__main__":
    sys.exit(main())
