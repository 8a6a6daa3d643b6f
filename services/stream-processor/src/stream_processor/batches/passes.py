"""Runs the operator over a micro-batch: what the driver does before, around and after a pass."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere
from pyspark.sql.udf import UserDefinedFunction
from pyspark.util import PythonEvalType

from iot_contracts.tables import READINGS
from stream_processor.operator.facts import ROW_DDL, Outgoing, Suspect, TaskFacts, from_rows
from stream_processor.operator.request import PassRequest
from stream_processor.operator.worker import INPUT_COLUMNS, run_task
from stream_processor.settings import Settings
from stream_processor.tables.offsets import OffsetRange, Offsets
from stream_processor.tables.schemas import full_name

SMALL_BATCH_MESSAGES = 50_000
"""A batch up to this size is one task and one file: starting more only pays for larger ones."""


@dataclass(frozen=True)
class PassResult:
    """What the tasks of a pass found, taken together."""

    tasks: list[TaskFacts]
    outgoing: list[Outgoing]

    @property
    def suspects(self) -> list[Suspect]:
        """Readings that only the table can judge."""
        return [suspect for task in self.tasks for suspect in task.suspects]


class Operator:
    """The operator as the driver uses it."""

    def __init__(self, spark: SparkSession, settings: Settings, field_ids: Mapping[str, int]) -> None:
        self._spark = spark
        self._settings = settings
        self._field_ids = field_ids

    def run(
        self,
        messages: DataFrame,
        batch: OffsetRange,
        *,
        topic_id: str,
        stored: Offsets | None,
        live_from_s: int,
        rules: Path,
    ) -> PassResult:
        """Run the operator over the messages of a batch; the rest as in PassRequest.

        Readings that the workers can't judge are looked up in the table, and what is found there counts as repeated.
        """
        shutil.rmtree(self._settings.outgoing_dir, ignore_errors=True)  # of a batch that failed
        self._settings.outgoing_dir.mkdir(parents=True)
        request = PassRequest(
            topic_id=topic_id,
            starts=dict(batch.start),
            ends=dict(batch.end),
            stored=None if stored is None else dict(stored),
            live_from_s=live_from_s,
            state_dir=self._settings.state_dir,
            outgoing_dir=self._settings.outgoing_dir,
            field_ids=self._field_ids,
            rules=rules,
            identities_per_generation=self._settings.identities_per_generation,
        )
        if batch.message_count() <= SMALL_BATCH_MESSAGES:
            messages = messages.coalesce(1)
        result = _run(messages, request)
        if result.suspects:
            known = self._look_up(result.suspects)
            result = _run(messages, replace(request, repeats=known))
        return result

    def _look_up(self, suspects: list[Suspect]) -> dict[int, frozenset[int]]:
        """Offsets of the suspects whose identity the table has from an earlier message, by partition."""
        columns = zip(*((s.partition, s.offset, s.sensor_id, s.reading_id, s.event_us) for s in suspects), strict=True)
        names = ("kafka_partition", "suspect_offset", "sensor_id", "reading_id", "event_us")
        asked = self._spark.createDataFrame(pa.table(dict(zip(names, map(list, columns), strict=True))))
        times = [suspect.event_us for suspect in suspects]
        readings = self._spark.table(full_name(READINGS)).where(
            # A retry says when it was measured, so files of other days are not opened.
            F.col("event_timestamp").between(
                F.timestamp_micros(F.lit(min(times))), F.timestamp_micros(F.lit(max(times)))
            )
            & F.col("sensor_id").isin(*{suspect.sensor_id for suspect in suspects})
        )
        stored = readings.select("kafka_partition", "kafka_offset", "sensor_id", "reading_id")
        found = stored.join(F.broadcast(asked), ["kafka_partition", "sensor_id", "reading_id"]).where(
            "kafka_offset < suspect_offset"
        )
        rows = found.select("kafka_partition", "suspect_offset").distinct().toArrow().to_pylist()
        known: dict[int, set[int]] = {suspect.partition: set() for suspect in suspects}
        for row in rows:
            known[row["kafka_partition"]].add(row["suspect_offset"])
        return {partition: frozenset(offsets) for partition, offsets in known.items()}


def _run(messages: DataFrame, request: PassRequest) -> PassResult:
    return PassResult(*from_rows(_map_in_arrow(messages.select(*INPUT_COLUMNS), request).toArrow()))


def _map_in_arrow(messages: DataFrame, request: PassRequest) -> DataFrame:
    """`DataFrame.mapInArrow`, which would import pandas."""
    function: Any = partial(run_task, request)
    udf = UserDefinedFunction(
        function, returnType=ROW_DDL, evalType=PythonEvalType.SQL_MAP_ARROW_ITER_UDF, name="operator"
    )
    column: Any = udf(*(messages[name] for name in messages.columns))
    return DataFrame(messages._jdf.mapInArrow(column._jc, False, None), messages.sparkSession)
