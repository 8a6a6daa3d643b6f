"""The metastore's locks, by its Thrift call `show_locks`."""

from __future__ import annotations

import time

from hive_metastore.ttypes import LockState, ShowLocksRequest  # type: ignore[import-untyped]  # generated code

from audit.metastore import connected
from invariants.evidence import Lock


def locks(metastore: str) -> list[Lock]:
    """Return every lock that is held or waited for. Raises what Thrift raises."""
    with connected(metastore) as client:
        answer = client.show_locks(ShowLocksRequest())
    now_ms = time.time() * 1000
    return [
        Lock(
            one.lockid,
            f"{one.dbname}.{one.tablename}",
            LockState._VALUES_TO_NAMES.get(one.state, str(one.state)),
            (now_ms - (one.acquiredat or one.lastheartbeat)) / 1000,
            f"{one.user}@{one.hostname}",
        )
        for one in answer.locks or ()
    ]
