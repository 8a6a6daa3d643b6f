"""Segments of a snapshot."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from query_api.table.data_files import DataFile
from query_api.table.state import ColdSegment, RecentSegment, append_recent, keep_live

MakeFile = Callable[..., DataFile]
MakeTable = Callable[..., pa.Table]


def test_a_segment_of_which_one_file_was_replaced_is_given_up_and_its_living_files_are_read_again(
    data_file: MakeFile, table: MakeTable
) -> None:
    old, living, other, compacted = (data_file(name) for name in ("old", "living", "other", "compacted"))
    recent = RecentSegment((old, living), table([1, 2]))
    cold = ColdSegment((other,), merged=Path("m"))
    files = {file.path: file for file in (living, other, compacted)}
    kept, uncovered = keep_live([recent, cold], files)
    assert kept == [cold]
    assert uncovered == [living, compacted]


def test_thousands_of_tiny_files_become_a_few_segments_and_lose_nothing(data_file: MakeFile, table: MakeTable) -> None:
    segments: tuple[RecentSegment, ...] = ()
    for number in range(500):
        segments = append_recent(segments, RecentSegment((data_file(f"f{number}"),), table([number])))
    assert len(segments) <= 10
    values = [value for segment in segments for value in segment.table["value"].to_pylist()]
    assert sorted(values) == list(range(500))
    assert sum(len(segment.files) for segment in segments) == 500
    assert all(segment.table["value"].num_chunks == 1 for segment in segments)
