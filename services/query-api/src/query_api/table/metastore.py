"""Asks the Hive metastore where a table's current metadata is: its `get_table_req`, and nothing else.

pyiceberg's HiveCatalog would do it too, but importing the generated client it stands on takes 125 MB of
memory and a second, for one call. `get_table_req` is in every metastore from 2.3 on, 4.x included.
"""

from urllib.parse import urlsplit

from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.Thrift import TApplicationException, TException, TMessageType, TType
from thrift.transport.TSocket import TSocket
from thrift.transport.TTransport import TBufferedTransport, TTransportException

from query_api.errors import TableUnavailableError

# Field ids of hive_metastore.thrift.
_REQUEST, _DATABASE, _TABLE_NAME = 1, 1, 2
_SUCCESS, _NO_SUCH_OBJECT = 0, 2
_RESULT_TABLE, _TABLE_PARAMETERS = 1, 9


class Metastore:
    """A client of the metastores at `uris` (comma separated, tried in order); a connection per call.

    Used by one thread.
    """

    def __init__(self, uris: str, *, timeout_ms: int) -> None:
        self._uris = [urlsplit(uri.strip()) for uri in uris.split(",")]
        self._timeout_ms = timeout_ms

    def metadata_location(self, database: str, table: str) -> str | None:
        """Address of the Iceberg table's current metadata file; None when there is no such table.

        Raises TableUnavailableError when no metastore answers, or when the table is not an Iceberg table.
        """
        problem: Exception | None = None
        for uri in self._uris:
            try:
                parameters = self._table_parameters(uri.hostname or "", uri.port or 9083, database, table)
            except (TException, OSError) as error:
                problem = error
                continue
            if parameters is None:
                return None
            if "metadata_location" not in parameters:
                raise TableUnavailableError(f"{database}.{table} is not an Iceberg table")
            return parameters["metadata_location"]
        raise TableUnavailableError(f"no metastore answers at {self._addresses()}: {problem}") from problem

    def _addresses(self) -> str:
        return ", ".join(uri.netloc for uri in self._uris)

    def _table_parameters(self, host: str, port: int, database: str, table: str) -> dict[str, str] | None:
        socket = TSocket(host, port)
        socket.setTimeout(self._timeout_ms)
        transport = TBufferedTransport(socket)
        transport.open()
        try:
            protocol = TBinaryProtocol(transport)
            _write_call(protocol, database, table)
            return _read_answer(protocol)
        finally:
            transport.close()


def _write_call(protocol: TBinaryProtocol, database: str, table: str) -> None:
    protocol.writeMessageBegin("get_table_req", TMessageType.CALL, 0)
    protocol.writeFieldBegin("req", TType.STRUCT, _REQUEST)
    for number, text in ((_DATABASE, database), (_TABLE_NAME, table)):
        protocol.writeFieldBegin("", TType.STRING, number)
        protocol.writeString(text)
    protocol.writeFieldStop()
    protocol.writeFieldStop()
    protocol.writeMessageEnd()
    protocol.trans.flush()


def _read_answer(protocol: TBinaryProtocol) -> dict[str, str] | None:
    """The table's parameters; None for NoSuchObjectException. Raises TException for every other answer."""
    _name, kind, _sequence = protocol.readMessageBegin()
    if kind == TMessageType.EXCEPTION:
        failure = TApplicationException()
        failure.read(protocol)
        raise failure
    _, field_type, number = protocol.readFieldBegin()
    if field_type == TType.STOP or number not in (_SUCCESS, _NO_SUCH_OBJECT):
        raise TTransportException(message="the metastore could not look the table up; its log says why")
    if number == _NO_SUCH_OBJECT:
        return None
    _enter(protocol, _RESULT_TABLE)
    _enter(protocol, _TABLE_PARAMETERS)
    _key_type, _value_type, size = protocol.readMapBegin()
    return {protocol.readString(): protocol.readString() for _ in range(size)}


def _enter(protocol: TBinaryProtocol, wanted: int) -> None:
    """Skip fields of a struct up to the value of field `wanted`."""
    while True:
        _, field_type, number = protocol.readFieldBegin()
        if field_type == TType.STOP:
            raise TTransportException(message=f"the metastore's answer lacks field {wanted}")
        if number == wanted:
            return
        protocol.skip(field_type)
