"""The table of addresses at the end of `up`."""

from __future__ import annotations

from rich.table import Table

from iotctl.programs import Program
from iotctl.settings import Settings


def address_table(settings: Settings, programs: tuple[Program, ...]) -> Table:
    """Return where everything that was started answers."""
    names = {program.name for program in programs}
    table = Table(title="Addresses", title_justify="left", header_style="bold")
    table.add_column("what")
    table.add_column("address", no_wrap=True)
    for program, what, address in _rows(settings):
        if program in names:
            table.add_row(what, address)
    return table


def _rows(settings: Settings) -> list[tuple[str, str, str]]:
    host = settings.connect_host
    return [
        ("dashboard", "dashboard", settings.url("DASHBOARD")),
        ("ingest-api", "ingest-api (POST /v1/readings)", f"{settings.url('INGEST_API')}/docs"),
        ("query-api", "query-api (GET /v1/stats)", f"{settings.url('QUERY_API')}/docs"),
        ("stream-processor", "stream-processor", f"{settings.url('STREAM_PROCESSOR')}/docs"),
        ("simulator", "simulator", f"{settings.url('SIMULATOR')}/docs"),
        ("kafka", "Kafka", f"{host}:{settings.port('KAFKA')}"),
        ("namenode", "HDFS", settings.hdfs_uri),
        ("namenode", "HDFS NameNode's page", settings.url("NAMENODE_HTTP")),
        ("metastore", "Hive metastore", f"thrift://{host}:{settings.port('METASTORE')}"),
        ("postgres", "PostgreSQL", f"{host}:{settings.port('POSTGRES')}"),
    ]
