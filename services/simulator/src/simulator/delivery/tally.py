"""What became of the readings so far."""

from dataclasses import dataclass


@dataclass
class Tally:
    """Counts since the start; one writer, read for the status, the metrics and the summary."""

    generated: int = 0
    accepted: int = 0
    rejected: int = 0
    dropped: int = 0
    """Oldest readings that the full buffer gave up while ingest-api was away."""
    lost_at_end: int = 0
    """Readings that were still buffered when the simulator had to end."""
    retries: int = 0
    """Requests that were sent again."""
    last_error: str | None = None

    @property
    def sent(self) -> int:
        """Readings that ingest-api has answered for."""
        return self.accepted + self.rejected
