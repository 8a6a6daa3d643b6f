"""The one call of the Hive metastore, in Thrift's bytes."""

import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.Thrift import TMessageType, TType
from thrift.transport.TTransport import TMemoryBuffer

from query_api.errors import TableUnavailableError
from query_api.table.metastore import Metastore

Answer = Callable[[TBinaryProtocol], None]


def table_answer(protocol: TBinaryProtocol) -> None:
    """GetTableResult{table: Table{tableName, retention, parameters}}, other fields left out."""
    protocol.writeFieldBegin("success", TType.STRUCT, 0)
    protocol.writeFieldBegin("table", TType.STRUCT, 1)
    protocol.writeFieldBegin("tableName", TType.STRING, 1)
    protocol.writeString("readings")
    protocol.writeFieldBegin("retention", TType.I32, 6)
    protocol.writeI32(0)
    protocol.writeFieldBegin("parameters", TType.MAP, 9)
    protocol.writeMapBegin(TType.STRING, TType.STRING, 2)
    for text in ("table_type", "ICEBERG", "metadata_location", "hdfs://nn/t/metadata/3.json"):
        protocol.writeString(text)
    for _ in range(3):
        protocol.writeFieldStop()


def no_such_table(protocol: TBinaryProtocol) -> None:
    protocol.writeFieldBegin("o2", TType.STRUCT, 2)
    protocol.writeFieldStop()
    protocol.writeFieldStop()


def metastore_is_broken(protocol: TBinaryProtocol) -> None:
    protocol.writeFieldBegin("o1", TType.STRUCT, 1)
    protocol.writeFieldStop()
    protocol.writeFieldStop()


def reply(answer: Answer) -> bytes:
    buffer = TMemoryBuffer()
    protocol = TBinaryProtocol(buffer)
    protocol.writeMessageBegin("get_table_req", TMessageType.REPLY, 0)
    answer(protocol)
    protocol.writeMessageEnd()
    return bytes(buffer.getvalue())


@pytest.fixture
def serve() -> Iterator[Callable[[bytes], str]]:
    """A server on loopback that gives one prepared answer; returns its address."""
    listeners: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def start(content: bytes) -> str:
        listener = socket.create_server(("127.0.0.1", 0))

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                request = connection.recv(4096)
                assert b"get_table_req" in request
                assert b"iot" in request
                assert b"readings" in request
                connection.sendall(content)

        thread = threading.Thread(target=answer)
        thread.start()
        listeners.append(listener)
        threads.append(thread)
        return f"thrift://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for thread in threads:
        thread.join(5)
    for listener in listeners:
        listener.close()


def look_up(uris: str) -> str | None:
    return Metastore(uris, timeout_ms=2000).metadata_location("iot", "readings")


def test_the_metadata_location_is_found_among_the_tables_parameters(serve: Callable[[bytes], str]) -> None:
    assert look_up(serve(reply(table_answer))) == "hdfs://nn/t/metadata/3.json"


def test_a_table_that_does_not_exist_is_no_error(serve: Callable[[bytes], str]) -> None:
    assert look_up(serve(reply(no_such_table))) is None


def test_a_metastore_that_is_away_is_skipped_for_the_next(serve: Callable[[bytes], str]) -> None:
    assert look_up(f"thrift://127.0.0.1:1,{serve(reply(table_answer))}") is not None


@pytest.mark.parametrize("content", [reply(metastore_is_broken), b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_any_other_answer_says_that_the_table_cannot_be_looked_up(
    serve: Callable[[bytes], str], content: bytes
) -> None:
    with pytest.raises(TableUnavailableError, match="no metastore answers"):
        look_up(serve(content))
