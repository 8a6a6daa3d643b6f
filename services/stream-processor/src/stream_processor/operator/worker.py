"""Runs a task in one of Spark's Python workers."""

import sys
from collections.abc import Iterator
from itertools import pairwise
from zipimport import zipimporter

import numpy as np
import pyarrow as pa

from stream_processor.operator.columns import Messages
from stream_processor.operator.facts import to_rows
from stream_processor.operator.request import PassRequest
from stream_processor.operator.task import Task

INPUT_COLUMNS = ("value", "partition", "offset", "timestamp")
"""Of Spark's Kafka source."""


def run_task(request: PassRequest, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """In: batches of INPUT_COLUMNS, one or more whole partitions. Out: one batch of `facts.ROW_SCHEMA`."""
    task = Task(request)
    for batch in batches:
        for partition, messages in _by_partition(batch):
            task.process(partition, messages)
    yield to_rows(*task.finish())
    forget_archives()


def forget_archives() -> None:
    """Drop what Python knows of zip files on its path; it opens one again when it needs it.

    Before each task Spark has every importer read its folder anew, and that of `pyspark.zip` reads 2,000 entries in
    Python: two thirds of what a small batch costs a worker.
    """
    for path in [path for path, importer in sys.path_importer_cache.items() if isinstance(importer, zipimporter)]:
        del sys.path_importer_cache[path]


def _by_partition(batch: pa.RecordBatch) -> Iterator[tuple[int, Messages]]:
    """A batch may end one partition and begin another."""
    partitions = batch.column("partition").to_numpy(zero_copy_only=False)
    edges = [0, *(np.flatnonzero(np.diff(partitions)) + 1).tolist(), len(partitions)]
    values = batch.column("value").to_numpy(zero_copy_only=False).tolist()
    offsets = batch.column("offset").to_numpy(zero_copy_only=False)
    times = batch.column("timestamp").cast(pa.int64()).to_numpy(zero_copy_only=False)
    for start, end in pairwise(edges):
        if start < end:
            yield int(partitions[start]), Messages(values[start:end], offsets[start:end], times[start:end])
