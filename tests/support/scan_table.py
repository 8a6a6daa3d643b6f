"""Prints rows of an Iceberg table as JSON: `scan_table.py METASTORE NAMENODE TABLE COLUMNS WHERE`.

Runs in query-api's environment for its libraries, but uses none of its code: an independent witness.
"""

import json
import sys
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import hdfs_native.fsspec
from pyiceberg.catalog.hive import HiveCatalog
from pyiceberg.io import fsspec as iceberg_fsspec


def _hdfs(namenode: str, _properties: dict[str, str]) -> Any:
    address = urlsplit(namenode)
    return hdfs_native.fsspec.HdfsFileSystem(host=address.hostname, port=address.port)


def main(metastore: str, namenode: str, table: str, columns: str, where: str) -> None:
    """Scan and print."""
    iceberg_fsspec.SCHEME_TO_FS["hdfs"] = partial(_hdfs, namenode)
    catalog = HiveCatalog(
        "witness",
        uri=metastore,
        **{"py-io-impl": "pyiceberg.io.fsspec.FsspecFileIO", "hive.hive2-compatible": "false"},
    )
    scan = catalog.load_table(table).scan(
        row_filter=where or "true", selected_fields=tuple(columns.split(",")) if columns else ("*",)
    )
    json.dump(scan.to_arrow().to_pylist(), sys.stdout, default=str)


if __name__ == "__main__":
    main(*sys.argv[1:])
