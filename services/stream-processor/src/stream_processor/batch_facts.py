"""What the driver has to know of each message of a micro-batch, as columns of Arrow."""

from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

from stream_processor.offsets import Offsets
from stream_processor.running_windows import SUM_UNIT, Pane, PaneKey
from stream_processor.seen_ids import Ids, Mask
from stream_processor.tables.readings import is_past
from stream_processor.transforms.route import has_low_battery, is_valid
from stream_processor.transforms.windows import pane_start

_POSITION = ("kafka_partition", "kafka_offset")
_PANE = ("pane_start", "sensor_type", "location")
_AGGREGATES = [("value", "count"), ("value", "sum"), ("value", "min"), ("value", "max"), ("detected_anomaly", "sum")]


class BatchFacts:
    """The valid readings of a micro-batch in the order of their Kafka positions, and how many messages are not."""

    def __init__(self, readings: pa.Table, invalid: int) -> None:
        self._readings = readings
        self.invalid = invalid

    def __len__(self) -> int:
        return int(self._readings.num_rows)

    @property
    def ids(self) -> Ids:
        """Their identities."""
        return _ids(self._readings)

    @property
    def anomalies(self) -> int:
        """How many are anomalous."""
        return pc.sum(self._readings["detected_anomaly"]).as_py() or 0

    @property
    def low_battery_sensors(self) -> set[str]:
        """Sensors whose battery is nearly empty."""
        return set(pc.unique(self._readings["low_battery_sensor"].drop_null()).to_pylist())

    def positions(self, mask: Mask) -> pa.Table:
        """Kafka positions of the readings that the mask names."""
        return self._readings.filter(pa.array(mask)).select(_POSITION)

    def without(self, mask: Mask) -> "BatchFacts":
        """The same but for the readings that the mask names."""
        return BatchFacts(self._readings.filter(pa.array(~mask)), self.invalid)

    def panes(self, oldest_s: int) -> dict[PaneKey, Pane]:
        """Their panes from `oldest_s` on, in seconds since the epoch."""
        live = self._readings.filter(pc.greater_equal(self._readings["pane_start"], oldest_s))
        groups = live.group_by(_PANE).aggregate(_AGGREGATES)
        return {
            PaneKey(*(row[name] for name in _PANE)): Pane(
                readings=row["value_count"],
                value_sum=row["value_sum"] / SUM_UNIT,
                value_min=row["value_min"],
                value_max=row["value_max"],
                anomalies=row["detected_anomaly_sum"],
            )
            for row in groups.to_pylist()
        }


def collect_facts(rows: DataFrame) -> BatchFacts:
    """The facts of a micro-batch; the one job that also computes its rows, when they are persisted."""
    table = rows.select(
        *_POSITION,
        is_valid().alias("is_valid"),
        *_identity(),
        pane_start().alias("pane_start"),
        "sensor_type",
        "location",
        "value",
        "detected_anomaly",
        F.when(has_low_battery(), F.col("sensor_id")).alias("low_battery_sensor"),
    ).toArrow()
    readings = table.filter(table["is_valid"]).sort_by([(name, "ascending") for name in _POSITION])
    return BatchFacts(readings, table.num_rows - readings.num_rows)


def without(rows: DataFrame, positions: pa.Table) -> DataFrame:
    """The rows but for those at these Kafka positions."""
    gone = rows.sparkSession.createDataFrame(positions)
    return rows.join(F.broadcast(gone), list(_POSITION), "left_anti")


def stored_ids(readings: DataFrame, below: Offsets, since: datetime, horizon: timedelta, max_ids: int) -> Ids:
    """Identities of the table's readings whose messages lie below these offsets, of the last `horizon` before `since`.

    The horizon is halved until they are at most `max_ids`.
    """
    while True:
        recent = readings.where(~is_past(below) & (F.col("processing_time") >= F.lit(since - horizon)))
        if recent.count() <= max_ids:
            return _ids(recent.select(*_identity()).toArrow())
        horizon /= 2


def _identity() -> tuple[Column, Column]:
    """The two parts of `iot_domain.identity.identity`: the reading_id, and what masks it."""
    partition_and_sensor = F.concat_ws(" ", "kafka_partition", "sensor_id").cast("binary")
    mask = F.unhex(F.left(F.sha2(partition_and_sensor, 256), F.lit(32)))
    return F.unhex(F.translate("reading_id", "-", "")).alias("id"), mask.alias("mask")


def _ids(readings: pa.Table) -> Ids:
    return _words(readings["id"]).masked(_words(readings["mask"]))


def _words(column: pa.ChunkedArray) -> Ids:
    array = column.combine_chunks().cast(pa.binary(16))
    data = array.buffers()[1] if len(array) else b""
    return Ids.from_bytes(memoryview(data)[array.offset * 16 : (array.offset + len(array)) * 16])
