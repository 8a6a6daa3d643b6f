"""Trino: the tables in a second engine's SQL, for tools that speak its protocol. Runs with WITH=trino."""

from __future__ import annotations

import json
import urllib.request

from components.component import Component
from components.lake_reader import LET_READ
from components.probes import TIMEOUT_S
from components.service import LAKE
from stack.paths import INFRA, TRINO_HOME, TRINO_JAVA_HOME
from stack.settings import Settings


def jdbc_url(settings: Settings) -> str:
    """Return the address that JDBC tools take."""
    return f"jdbc:trino://{settings.connect_host}:{settings.port('TRINO')}/iot/iot"


def ready(settings: Settings) -> str | None:
    """The server takes statements: it says when it has its catalogs."""
    try:
        with urllib.request.urlopen(f"{settings.url('TRINO')}/v1/info", timeout=TIMEOUT_S) as response:
            return "starting" if json.load(response)["starting"] else None
    except (OSError, ValueError) as error:
        return str(error)


TRINO = Component(
    name="trino",
    kind="component",
    command=(INFRA / "trino" / "start",),
    probe=ready,
    ports=("TRINO",),
    needs=LAKE,
    installed=("trino",),
    ready_within_s=240.0,
    own_environment={"TRINO_HOME": str(TRINO_HOME), "TRINO_JAVA_HOME": str(TRINO_JAVA_HOME)},
    initialise=LET_READ,
    addresses=lambda settings: {"Trino": settings.url("TRINO"), "Trino for JDBC tools": jdbc_url(settings)},
)
