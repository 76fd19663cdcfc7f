"""What is due when. Pure: times in, names of jobs out; a job that fails is tried later and later."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Job", "Schedule"]

FIRST_BACK_OFF = 1.0
LONGEST_BACK_OFF = 300.0


@dataclass(slots=True)
class Job:
    """One recurring piece of work. every: seconds. at: when it is due next; at first at once."""

    name: str
    every: float
    at: float = float("-inf")
    failures: int = 0


class Schedule:
    """The jobs of one thread. Times are monotonic seconds."""

    def __init__(self, *jobs: Job) -> None:
        self._jobs = {job.name: job for job in jobs}

    def due(self, now: float) -> list[str]:
        """The jobs whose time has come, in the order in which they were given."""
        return [job.name for job in self._jobs.values() if job.at <= now]

    def wait(self, now: float, most: float) -> float:
        """Seconds until the next job is due, `most` at the longest."""
        return max(0.0, min([most, *(job.at - now for job in self._jobs.values())]))

    def done(self, name: str, now: float) -> None:
        """A job went well."""
        job = self._jobs[name]
        job.failures, job.at = 0, now + job.every

    def failed(self, name: str, now: float) -> None:
        """A job failed: it is tried again soon, and later and later while it goes on failing."""
        job = self._jobs[name]
        pause = min(FIRST_BACK_OFF * 2.0 ** min(job.failures, 16), LONGEST_BACK_OFF, job.every)
        job.failures, job.at = job.failures + 1, now + pause

    def soon(self, name: str, at: float) -> None:
        """Do a job at a time, if it is not due earlier anyway."""
        job = self._jobs[name]
        job.at = min(job.at, at)
