"""What became of the readings so far."""

from dataclasses import dataclass


@dataclass
class Tally:
    """Counts since the start; one writer, read for the status, the metrics and the summary."""

    generated: int = 0
    """Readings handed to the delivery: second copies included, those that are never delivered not."""
    anomalies: int = 0
    """Of these, with a value that a fault has made wrong."""
    accepted: int = 0
    rejected: int = 0
    dropped: int = 0
    """Readings that the buffer gave up: its oldest when it is full, all when it can't be written."""
    kept_at_end: int = 0
    """Readings that were still buffered at the end; the next run on the same folder delivers them."""
    retries: int = 0
    """Requests that were sent again."""
    last_error: str | None = None

    @property
    def sent(self) -> int:
        """Readings that ingest-api has answered for."""
        return self.accepted + self.rejected
