"""The metastore's locks, by its Thrift call `show_locks`."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

from hive_metastore.ThriftHiveMetastore import Client  # type: ignore[import-untyped]  # generated code of pyiceberg
from hive_metastore.ttypes import (  # type: ignore[import-untyped]
    LockState,
    ShowLocksRequest,
)
from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.transport.TSocket import TSocket
from thrift.transport.TTransport import TBufferedTransport

from invariants.evidence import Lock

TIMEOUT_MS = 15_000


def locks(metastore: str) -> list[Lock]:
    """Return every lock that is held or waited for. Raises what Thrift raises."""
    address = urlsplit(metastore)
    socket = TSocket(address.hostname, address.port)
    socket.setTimeout(TIMEOUT_MS)
    transport = TBufferedTransport(socket)
    transport.open()
    try:
        answer = Client(TBinaryProtocol(transport)).show_locks(ShowLocksRequest())
    finally:
        transport.close()
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
