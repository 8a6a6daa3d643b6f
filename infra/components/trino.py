"""Trino: the tables in a second engine's SQL, for tools that speak its protocol. Runs with WITH=trino."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

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
    """The server answers statements. It says that it has started some seconds before it counts itself as a worker."""
    server = settings.url("TRINO")
    try:
        if _ask(f"{server}/v1/info")["starting"]:
            return "starting"
        answer = _ask(f"{server}/v1/statement", b"SELECT 1")
        while following := answer.get("nextUri"):
            answer = _ask(following)
        return str(answer["error"]["message"]) if "error" in answer else None
    except (OSError, ValueError, KeyError) as error:
        return str(error)


def _ask(address: str, statement: bytes | None = None) -> dict[str, Any]:
    """What the server says as JSON. Raises OSError, ValueError."""
    request = urllib.request.Request(address, data=statement, headers={"X-Trino-User": "probe"})
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
        answer: dict[str, Any] = json.load(response)
        return answer


TRINO = Component(
    name="trino",
    kind="component",
    command=(INFRA / "trino" / "start",),
    compose_file="compose.trino.yaml",
    probe=ready,
    ports=("TRINO",),
    needs=LAKE,
    installed=("trino",),
    ready_within_s=240.0,
    own_environment={"TRINO_HOME": str(TRINO_HOME), "TRINO_JAVA_HOME": str(TRINO_JAVA_HOME)},
    initialise=LET_READ,
    client="trino/client",
    addresses=lambda settings: {"Trino": settings.url("TRINO"), "Trino for JDBC tools": jdbc_url(settings)},
)
