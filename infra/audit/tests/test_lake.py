"""What the metastore says of a table, and that one which hangs holds no audit up."""

from __future__ import annotations

import socket

import pytest
from thrift.Thrift import TException

from audit import metastore
from audit.lake import Lake
from audit.locks import locks


def test_a_metastore_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metastore, "TIMEOUT_MS", 50)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"thrift://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(TException, match="timeout"):
            Lake(address, "hdfs://127.0.0.1:1").table("iot.readings")
        with pytest.raises(TException, match="timeout"):
            locks(address)
