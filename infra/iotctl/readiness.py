"""Asks each program whether it is ready. Every probe returns None for yes, else the reason why not."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from typing import Any

from iotctl.paths import POSTGRES_HOME
from iotctl.programs import Program
from iotctl.settings import Settings

TIMEOUT_S = 5.0
CHECKPOINT_TAKES_S = 60
# Thrift's strict binary protocol: version and message type, then the name, a sequence number, no arguments.
_THRIFT_CALL, _THRIFT_REPLY = 0x80010001, 0x80010002
_THRIFT_STOP = b"\x00"

Probe = Callable[[Settings], str | None]


def postgres(settings: Settings) -> str | None:
    """The server accepts connections."""
    command = [
        *(str(POSTGRES_HOME / "bin" / "pg_isready"), "--quiet"),
        *("--host", settings.connect_host, "--port", str(settings.port("POSTGRES"))),
    ]
    code = subprocess.run(command, timeout=TIMEOUT_S, check=False).returncode
    return {0: None, 1: "starting up or shutting down"}.get(code, "no answer")


def namenode(settings: Settings) -> str | None:
    """The NameNode answers and has left safe mode (which needs the DataNode's blocks)."""
    state = _namenode_bean(settings, "FSNamesystemState")
    if isinstance(state, str):
        return state
    return None if state["FSState"] == "Operational" else f"in state {state['FSState']}"


def datanode(settings: Settings) -> str | None:
    """The NameNode counts a live DataNode."""
    state = _namenode_bean(settings, "FSNamesystemState")
    if isinstance(state, str):
        return f"NameNode: {state}"
    return None if state["NumLiveDataNodes"] else "not registered with the NameNode"


def checkpointer(settings: Settings) -> str | None:
    """The NameNode's image is not much older than the interval at which it is written anew."""
    state = _namenode_bean(settings, "FSNamesystem")
    if isinstance(state, str):
        return f"NameNode: {state}"
    return stale_image(time.time() - state["LastCheckpointTime"] / 1000, settings.checkpoint_interval_s)


def stale_image(age_s: float, interval_s: int) -> str | None:
    """Say that the image was not written anew twice in a row, if so."""
    if age_s <= 2 * interval_s + CHECKPOINT_TAKES_S:
        return None
    return f"the NameNode's image is {age_s / 60:.0f} minutes old: a restart would replay all edits since then"


def metastore(settings: Settings) -> str | None:
    """The metastore answers a call that reads its database."""
    name = b"get_all_databases"
    call = struct.pack("!II", _THRIFT_CALL, len(name)) + name + struct.pack("!I", 0) + _THRIFT_STOP
    try:
        with socket.create_connection((settings.connect_host, settings.port("METASTORE")), TIMEOUT_S) as connection:
            connection.sendall(call)
            answer = connection.recv(4)
    except OSError as error:
        return str(error)
    if len(answer) == 4 and struct.unpack("!I", answer)[0] == _THRIFT_REPLY:
        return None
    return "answers with an error"


def kafka(settings: Settings) -> str | None:
    """The broker answers a metadata request."""
    host, port = settings.connect_host, settings.port("KAFKA")
    if (refused := _refused(host, port)) is not None:
        return refused
    return asyncio.run(_kafka_metadata(f"{host}:{port}"))


def service(program: Program) -> Probe:
    """Return the probe of one of our services: GET /readyz."""

    def probe(settings: Settings) -> str | None:
        return _readyz(f"{settings.url(program.setting_prefix)}/readyz")

    return probe


def probe_of(program: Program) -> Probe:
    """Return the probe of a program."""
    components: dict[str, Probe] = {
        "postgres": postgres,
        "namenode": namenode,
        "datanode": datanode,
        "checkpointer": checkpointer,
        "metastore": metastore,
        "kafka": kafka,
    }
    probe = components.get(program.name) or service(program)

    def answered(settings: Settings) -> str | None:
        try:
            return probe(settings)
        # A program that is killed while it answers, or hangs: that is not ready, and no reason to ask no further.
        except (OSError, HTTPException, LookupError, subprocess.TimeoutExpired) as error:
            return f"no whole answer: {error!r}"[:200]

    return answered


def _refused(host: str, port: int) -> str | None:
    try:
        socket.create_connection((host, port), TIMEOUT_S).close()
    except OSError as error:
        return str(error)
    return None


async def _kafka_metadata(bootstrap_servers: str) -> str | None:
    from aiokafka.admin import AIOKafkaAdminClient  # 0.3 s of import, for this probe alone
    from aiokafka.errors import KafkaError

    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, request_timeout_ms=int(TIMEOUT_S * 1000))
    try:
        await admin.start()
        await admin.describe_cluster()
    except (KafkaError, OSError) as error:
        return repr(error)
    finally:
        await admin.close()
    return None


def _namenode_bean(settings: Settings, bean: str) -> dict[str, Any] | str:
    address = f"{settings.url('NAMENODE_HTTP')}/jmx?qry=Hadoop:service=NameNode,name={bean}"
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT_S) as response:
            beans = json.load(response)["beans"]
    except (OSError, ValueError) as error:
        return str(error)
    return beans[0] if beans else "starting up"


def _readyz(address: str) -> str | None:
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT_S):
            return None
    except urllib.error.HTTPError as error:
        return _reason(error.read())
    except OSError as error:
        return str(getattr(error, "reason", error))


def _reason(body: bytes) -> str:
    """Pick the human part of a problem document; other bodies are shown as they are."""
    text = body.decode(errors="replace").strip()
    try:
        problem = json.loads(text)
    except ValueError:
        return text[:200] or "not ready"
    if not isinstance(problem, dict):
        return text[:200]
    missing = problem.get("missing")
    if isinstance(missing, dict):
        return "; ".join(f"{name}: {why}" for name, why in missing.items())
    return str(problem.get("detail") or missing or problem.get("title") or problem)
