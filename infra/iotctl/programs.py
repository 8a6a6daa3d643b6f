"""The programs of a stack: what each needs, which ports it listens on, how long it may take to become ready."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["component", "service"]


@dataclass(frozen=True)
class Program:
    """One supervised program. `needs` name what must be ready before it starts (and is stopped after it)."""

    name: str
    kind: Kind
    ports: tuple[str, ...]
    needs: tuple[str, ...] = ()
    ready_within_s: float = 60.0

    @property
    def setting_prefix(self) -> str:
        """Return the name as environment variables spell it: `ingest-api` is INGEST_API."""
        return self.name.upper().replace("-", "_")

    @property
    def module(self) -> str:
        """Return the Python module of a service."""
        return self.name.replace("-", "_")


COMPONENTS = (
    Program("postgres", "component", ("POSTGRES",)),
    Program("namenode", "component", ("NAMENODE", "NAMENODE_HTTP"), ready_within_s=120),
    Program("datanode", "component", ("DATANODE", "DATANODE_HTTP", "DATANODE_IPC"), ready_within_s=120),
    Program("checkpointer", "component", (), needs=("namenode",), ready_within_s=120),
    Program("metastore", "component", ("METASTORE",), needs=("postgres",), ready_within_s=120),
    Program("kafka", "component", ("KAFKA", "KAFKA_CONTROLLER"), ready_within_s=120),
)
_LAKE = ("namenode", "datanode", "metastore")
SERVICES = (
    Program("ingest-api", "service", ("INGEST_API",), needs=("kafka",)),
    Program("stream-processor", "service", ("STREAM_PROCESSOR",), needs=("kafka", *_LAKE), ready_within_s=240),
    Program("query-api", "service", ("QUERY_API",), needs=("kafka", "postgres", *_LAKE), ready_within_s=240),
    Program("dashboard", "service", ("DASHBOARD",), needs=("kafka",), ready_within_s=240),
    Program("simulator", "service", ("SIMULATOR",), needs=("ingest-api",)),
)
PROGRAMS = (*COMPONENTS, *SERVICES)
BY_NAME = {program.name: program for program in PROGRAMS}


def needed_by(name: str) -> tuple[str, ...]:
    """Return the programs that need this one: they stop first."""
    return tuple(program.name for program in PROGRAMS if name in program.needs)
