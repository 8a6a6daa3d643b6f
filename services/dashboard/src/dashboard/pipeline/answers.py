"""What the pipeline's figures are taken from: the parts of the services' own answers that are needed."""

from datetime import datetime

import msgspec
from prometheus_client.parser import text_string_to_metric_families

ACCEPTED_METRIC = "ingest_readings_total"
TABLE_CHECK = "table"
"""Name of query-api's readiness check that says whether the metastore and HDFS give the table."""


class FleetStatus(msgspec.Struct, frozen=True):
    """Of the simulator's `/v1/status`."""

    running: bool
    sensors: int
    rate_per_s: float
    accepted: int
    buffered: int


class LastBatch(msgspec.Struct, frozen=True):
    """Of the newest micro-batch."""

    finished_at: datetime | None


class JobStatus(msgspec.Struct, frozen=True):
    """Of the stream processor's `/v1/status`."""

    offsets: dict[int, int]
    last_batch: LastBatch | None
    derived_at: datetime | None


class HeldSnapshot(msgspec.Struct, frozen=True):
    """Of the snapshot that query-api holds."""

    committed_at: datetime
    offsets: dict[int, int] | None = None


class HeldRows(msgspec.Struct, frozen=True):
    """Where the readings are that query-api holds."""

    cold: int
    recent: int
    tail: int


class HeldStatus(msgspec.Struct, frozen=True):
    """Of query-api's `/v1/status`."""

    snapshot: HeldSnapshot | None
    files: int
    snapshots: int
    rows: HeldRows
    offsets: dict[int, int]
    missing: dict[str, str]


class Summary(msgspec.Struct, frozen=True):
    """Of query-api's `/v1/summary`."""

    anomalies: int
    anomalies_24h: int


class OpenAlerts(msgspec.Struct, frozen=True):
    """Open alerts by severity."""

    high: int
    medium: int
    low: int


class Alerts(msgspec.Struct, frozen=True):
    """Of query-api's `/v1/alerts`."""

    open: OpenAlerts


class Acceptance(msgspec.Struct, frozen=True):
    """Of ingest-api's `/metrics`."""

    accepted: float


def parse_acceptance(text: str) -> Acceptance:
    """Readings that Kafka acknowledged since ingest-api started, of all formats. Raises ValueError."""
    return Acceptance(
        sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == ACCEPTED_METRIC and sample.labels.get("outcome") == "accepted"
        )
    )
