"""A connection to the metastore that waits for no answer for ever: one that hangs still accepts connections."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from hive_metastore.ThriftHiveMetastore import Client  # type: ignore[import-untyped]  # generated code of pyiceberg
from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.transport.TSocket import TSocket
from thrift.transport.TTransport import TBufferedTransport

TIMEOUT_MS = 15_000


@contextmanager
def connected(address: str) -> Iterator[Client]:
    """Yield a client of the metastore at `thrift://host:port`. Raises TException, also when it does not answer."""
    place = urlsplit(address)
    socket = TSocket(place.hostname, place.port)
    socket.setTimeout(TIMEOUT_MS)
    transport = TBufferedTransport(socket)
    transport.open()
    try:
        yield Client(TBinaryProtocol(transport))
    finally:
        transport.close()
