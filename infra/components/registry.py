"""All programs of a stack, in the order in which they are shown."""

from __future__ import annotations

from components.checkpointer import CHECKPOINTER
from components.dashboard import DASHBOARD
from components.datanode import DATANODE
from components.ingest_api import INGEST_API
from components.kafka import KAFKA
from components.metastore import METASTORE
from components.namenode import NAMENODE
from components.postgres import POSTGRES
from components.prometheus import PROMETHEUS
from components.query_api import QUERY_API
from components.simulator import SIMULATOR
from components.stream_processor import STREAM_PROCESSOR
from components.thrift_server import THRIFT_SERVER
from components.trino import TRINO

COMPONENTS = (POSTGRES, NAMENODE, DATANODE, CHECKPOINTER, METASTORE, KAFKA)
SERVICES = (INGEST_API, STREAM_PROCESSOR, QUERY_API, DASHBOARD, SIMULATOR)
PROGRAMS = (*COMPONENTS, *SERVICES)
THRIFT = "thrift"
OPTIONAL = {THRIFT: THRIFT_SERVER, TRINO.name: TRINO, PROMETHEUS.name: PROMETHEUS}
"""What a stack runs only when it is asked for, by the word of WITH= that does."""
ALL = (*PROGRAMS, *OPTIONAL.values())
PROCESSES = tuple(program for program in ALL if program.command)
"""Those that also run without containers."""
BY_NAME = {program.name: program for program in ALL}


def needed_by(name: str) -> tuple[str, ...]:
    """Return the programs that need this one: they stop first."""
    return tuple(program.name for program in ALL if name in program.needs)
