"""What a load was answered."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from hdrh.histogram import HdrHistogram

from iot_domain.ingest_answers import NotAnswered, RequestRefused, read_answer
from simulator.load.connection import Answer

HIGHEST_US = 2**32 - 1
"""Longer times (more than 71 minutes) count as this."""
DIGITS = 3


def histogram() -> HdrHistogram:
    """An empty histogram of microseconds, exact to three digits."""
    return HdrHistogram(1, HIGHEST_US, DIGITS)


def record(times: HdrHistogram, seconds: float) -> None:
    """Count a time."""
    times.record_value(min(max(round(seconds * 1_000_000), 0), HIGHEST_US))


@dataclass
class Figures:
    """Of the measured time; what was sent in the warm-up before counts nowhere but in `warm_up_accepted`."""

    latencies: HdrHistogram = field(default_factory=histogram)
    """From the time a request was due until its answer, or until it was given up; never sent: until the end."""
    lags: HdrHistogram = field(default_factory=histogram)
    """From the time a request was due until it was written: the wait for a free connection, and our own lateness."""
    statuses: Counter[int] = field(default_factory=Counter)
    """Answers by status."""
    failures: Counter[str] = field(default_factory=Counter)
    """Requests without an answer, by reason."""
    accepted: int = 0
    rejected: int = 0
    warm_up_accepted: int = 0
    unsent: int = 0
    """Requests that were due, but had no free connection until the end."""
    elapsed_s: float = 0.0
    """From the end of the warm-up to the last answer, and at least the whole time in which requests were due."""

    def __getstate__(self) -> dict[str, object]:
        """For another process: histograms of the package can't be pickled, but encoded."""
        return {**vars(self), "latencies": self.latencies.encode(), "lags": self.lags.encode()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """From another process."""
        vars(self).update(state)
        self.latencies, self.lags = HdrHistogram.decode(state["latencies"]), HdrHistogram.decode(state["lags"])

    def count(self, answer: Answer, batch: int, *, measured: bool) -> None:
        """Count an answer to a request of `batch` readings."""
        match read_answer(answer.status, answer.body):
            case RequestRefused() if answer.status in (202, 207):  # a success that says nothing is none
                accepted, rejected = 0, batch
            case RequestRefused() | NotAnswered():
                accepted, rejected = 0, 0
            case result:
                accepted, rejected = result.accepted, result.rejected
        if not measured:
            self.warm_up_accepted += accepted
            return
        self.statuses[answer.status] += 1
        self.accepted += accepted
        self.rejected += rejected

    def add(self, other: "Figures") -> None:
        """Take in another worker's."""
        self.latencies.add(other.latencies)
        self.lags.add(other.lags)
        self.statuses.update(other.statuses)
        self.failures.update(other.failures)
        self.accepted += other.accepted
        self.rejected += other.rejected
        self.warm_up_accepted += other.warm_up_accepted
        self.unsent += other.unsent
        self.elapsed_s = max(self.elapsed_s, other.elapsed_s)
