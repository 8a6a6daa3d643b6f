"""Takes the lock that an Iceberg commit takes in the metastore, and ends without giving it back, as if it was killed.

Run by query-api's interpreter, which has the metastore's client: `leave_lock.py HOST:PORT iot.readings`.
"""

import sys

from hive_metastore.ThriftHiveMetastore import Client  # type: ignore[import-not-found]  # is in query-api's environment
from hive_metastore.ttypes import (  # type: ignore[import-not-found]
    LockComponent,
    LockLevel,
    LockRequest,
    LockState,
    LockType,
)
from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.transport.TSocket import TSocket
from thrift.transport.TTransport import TBufferedTransport


def main() -> None:
    """Print the id of the lock once it is held. Exits with 1 when somebody else holds it."""
    address, table = sys.argv[1:]
    host, _, port = address.partition(":")
    database, _, name = table.partition(".")
    transport = TBufferedTransport(TSocket(host, int(port)))
    transport.open()
    lock = LockComponent(type=LockType.EXCLUSIVE, level=LockLevel.TABLE, dbname=database, tablename=name)
    answer = Client(TBinaryProtocol(transport)).lock(LockRequest(component=[lock], user="test", hostname="test"))
    if answer.state != LockState.ACQUIRED:
        raise SystemExit(1)
    print(answer.lockid)


if __name__ == "__main__":
    main()
