"""What the metastore says of a table, and that one which hangs holds no audit up."""

from __future__ import annotations

import socket
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.catalog.sql import SqlCatalog
from thrift.Thrift import TException

from audit import metastore
from audit.lake import Lake, log_begins
from audit.locks import locks
from iot_contracts.tables import TOPIC_PROPERTY


def test_a_metastore_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metastore, "TIMEOUT_MS", 50)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"thrift://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(TException, match="timeout"):
            Lake(address, "hdfs://127.0.0.1:1").table("iot.readings")
        with pytest.raises(TException, match="timeout"):
            locks(address)


def test_a_table_says_from_where_on_the_log_that_is_there_filled_it(tmp_path: Path) -> None:
    local = SqlCatalog("local", uri=f"sqlite:///{tmp_path}/catalog.db", warehouse=f"file://{tmp_path}")
    with closing(local) as catalog:
        catalog.create_namespace("iot")
        rows = pa.table({"value": [1]})
        table = catalog.create_table("iot.readings", rows.schema)
        assert (log_begins(None), log_begins(table)) == ({}, {})
        remembered = {TOPIC_PROPERTY: '{"topic_id":"second","leader_epochs":{"0":1},"begins":{"0":7}}'}
        table.append(rows, snapshot_properties=remembered)
        table.append(rows)  # as a compaction, which says nothing
        assert log_begins(table) == {0: 7}
