"""What a load was answered."""

from collections import Counter
from dataclasses import dataclass, field

from iot_contracts.problems import IngestResult
from iot_domain.decoding import MessageDecoder, Refusal
from simulator.load.connection import Answer
from simulator.load.histogram import Histogram

_VERDICTS = frozenset({202, 207, 422})
_results = MessageDecoder(IngestResult)


@dataclass
class Figures:
    """Of the measured time; what was sent in the warm-up before counts nowhere but in `warm_up_accepted`."""

    latencies: Histogram = field(default_factory=Histogram)
    """From the time a request was due until its answer, or until it was given up; never sent: until the end."""
    lags: Histogram = field(default_factory=Histogram)
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

    def count(self, answer: Answer, batch: int, *, measured: bool) -> None:
        """Count an answer to a request of `batch` readings."""
        accepted, rejected = _verdicts(answer, batch)
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


def _verdicts(answer: Answer, batch: int) -> tuple[int, int]:
    if answer.status in _VERDICTS:
        result = _results.decode(answer.body)
        return (0, batch) if isinstance(result, Refusal) else (result.accepted, result.rejected)
    return 0, 0
