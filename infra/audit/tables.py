"""`python -m audit.tables METASTORE HDFS`: the metastore's locks and what the tables are made of, for `iotctl doctor`.

Prints JSON: `locks`, `tables` and `committed` (up to where iot.readings holds the topic), or under `unseen` why one of
them could not be looked at.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from audit.lake import Lake, committed_offsets, data_files, files_of, history
from audit.locks import locks
from iot_contracts.tables import READINGS, TABLES


def main(metastore: str, hdfs: str) -> None:
    """Look and print."""
    document: dict[str, Any] = {"locks": [], "tables": [], "committed": None, "unseen": {}}

    def look(what: str, work: Callable[[], object]) -> None:
        try:
            document[what] = work()
        except Exception as error:  # hdfs-native, Thrift and pyiceberg have no common root
            document["unseen"][what] = f"{type(error).__name__}: {error}"[:300]

    look("locks", lambda: [asdict(lock) for lock in locks(metastore)])
    look("tables", lambda: _tables(Lake(metastore, hdfs)))
    look("committed", lambda: committed_offsets(history(Lake(metastore, hdfs).table(READINGS.name))))
    print(json.dumps(document))


def _tables(lake: Lake) -> list[dict[str, Any]]:
    found = []
    for name in (table.name for table in TABLES):
        table = lake.table(name)
        if table is not None:
            files = files_of(table, [partition for _, partition in data_files(table)])
            found.append({"name": name, **asdict(files)})
    return found


if __name__ == "__main__":
    main(*sys.argv[1:])
