"""What `/v1/status` answers."""

from pydantic import BaseModel, Field

from query_api.provenance import SnapshotAnswer


class RowsAnswer(BaseModel):
    """Where the readings held are."""

    cold: int = Field(description="In files on local disk, or still to be fetched from HDFS.", examples=[800000])
    recent: int = Field(description="Of small new files, in memory.", examples=[64000])
    tail: int = Field(description="In no snapshot yet, in memory.", examples=[37])


class StatusAnswer(BaseModel):
    """What this service holds at the moment."""

    caught_up: bool = Field(description="Whether readings are answered; false after a start until the tail is read.")
    snapshot: SnapshotAnswer | None = Field(description="Null as long as the table has no snapshot.")
    files: int = Field(description="Data files of the snapshot.", examples=[412])
    snapshots: int = Field(description="Snapshots that the table keeps, the newest among them.", examples=[37])
    cold_segments: int = Field(description="Local files that a query over everything opens.", examples=[9])
    rows: RowsAnswer
    tail_complete: bool = Field(description="Whether the tail joins the snapshot without a gap.")
    repeats: int = Field(description="Repeated deliveries left out since the start.", examples=[0])
    refused: int = Field(
        description="Messages of the tail that are no readings, left out since the start; the stream processor makes "
        "dead letters of them.",
        examples=[0],
    )
    offsets: dict[int, int] = Field(
        description="Per partition of iot-sensors, the next offset to come.", examples=[{"0": 1210}]
    )
    lag: int = Field(description="Messages in the topic that were not read yet, as of the last check.", examples=[0])
    cache_bytes: int = Field(description="Size of the local copies of data files.", examples=[73400320])
    missing: dict[str, str] = Field(description="Each dependency that is away, with the reason.", examples=[{}])
