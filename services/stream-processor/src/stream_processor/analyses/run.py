"""One run: the chosen analyses over one snapshot, one after the other, each stored with its record."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import SparkSession

from stream_processor.analyses.inputs import Range, prepare, readings_of, release
from stream_processor.analyses.registry import result_of
from stream_processor.analyses.storage import (
    ResultStore,
    document,
    earlier_series,
    file_sizes,
    free_bytes,
    read_snapshot,
)
from stream_processor.analyses.stored_panes import stored_panes

Progress = Callable[[dict[str, Any]], None]


def run(spark: SparkSession, root: str, names: Sequence[str], range_: Range, progress: Progress) -> dict[str, Any]:
    """Run analyses and store their results below `root`; return them with what they were made from.

    `progress` is called with each finished analysis. Results that were stored before a failure stay.
    """
    table, snapshot = read_snapshot(spark)
    readings = readings_of(table, range_)
    panes, computed = stored_panes(spark, readings, range_, snapshot)
    earlier = earlier_series(spark, range_)
    inputs = prepare(readings, range_, file_sizes(spark), free_bytes(spark, root), panes, earlier)
    store = ResultStore(spark, root)
    results: dict[str, Any] = {}
    try:
        input_rows = inputs.panes.agg({"readings": "sum"}).collect()[0][0] or 0
        for number, name in enumerate(names, start=1):
            began = time.monotonic()
            rows = result_of(name, inputs).collect()
            store.write(name, range_, rows)
            took = time.monotonic() - began
            store.write_run(range_, (name, snapshot, input_rows, len(rows), took, datetime.now(UTC)))
            store.prune(name)
            results[name] = document(rows)
            progress({"done": number, "of": len(names), "analysis": name, "rows": len(rows), "seconds": round(took, 2)})
    finally:
        release(inputs)
    return {
        "from": range_.start.isoformat(),
        "to": range_.end.isoformat(),
        "snapshot_id": snapshot,
        "readings": input_rows,
        "computed_days": [day.isoformat() for day in computed],
        "results": results,
    }
