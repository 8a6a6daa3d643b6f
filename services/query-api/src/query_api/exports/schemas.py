"""What `/v1/exports` takes and answers."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, Field

from query_api.media_types import ARROW, CSV, NDJSON, PARQUET
from query_api.selection import Selection
from query_api.view.parts import Source


class Format(StrEnum):
    """Of the file."""

    PARQUET = "parquet"
    CSV = "csv"
    NDJSON = "ndjson"
    ARROW = "arrow"


MEDIA_TYPES = {Format.PARQUET: PARQUET, Format.CSV: CSV, Format.NDJSON: NDJSON, Format.ARROW: ARROW}


class State(StrEnum):
    """How far an export is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ExportBody(Selection):
    """Which readings, and as what. They are those of the moment of the request, in no particular order."""

    format: Format = Format.PARQUET
    anomalies_only: bool = Field(default=False, description="Only readings that were found anomalous.")
    source: Source = Field(default=Source.ALL, description="`table` leaves the tail out: the snapshot alone.")


class ExportAnswer(BaseModel):
    """One export."""

    export_id: str = Field(examples=["0c8f9e3a5d1b4a77"])
    state: State
    format: Format
    rows: int = Field(description="Readings written so far.", examples=[120_000])
    rows_at_most: int = Field(description="Readings in the files that may hold what was asked for.", examples=[480_000])
    bytes: int = Field(description="Size of the file so far.", examples=[1_840_000])
    problem: str | None = Field(description="Why it failed, and what to do.", examples=[None])
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None = Field(description="When the file is deleted.")


class ExportsAnswer(BaseModel):
    """The exports there are, newest first."""

    exports: list[ExportAnswer]
