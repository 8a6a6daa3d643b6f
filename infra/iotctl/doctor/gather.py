"""Looks at a stack, whether it is up, half up or down: nothing here raises for what is away."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import psutil

from components.registry import BY_NAME, SERVICES
from install import venvs
from iotctl import status
from iotctl.checks import AUDIT_VENV
from iotctl.doctor.facts import Facts, LockFact, MachineFact, PartitionFact, ProgramFact, TableFact
from jars import layout, lockfile
from runtimes import preflight
from runtimes.protocol import Runtime
from runtimes.retention import measure
from stack import secrets
from stack.paths import INFRA, JARS, PROJECT, venv_python
from stack.settings import Settings

TABLES_WITHIN_S = 60
REQUEST_S = 5
T = TypeVar("T")


def gather(runtime: Runtime) -> Facts:
    """Look at everything."""
    settings, unseen = runtime.settings, dict[str, str]()
    taken = status.take(runtime, 0)
    is_up = any(row.state != "DOWN" for row in taken.rows)
    an_hour_ago = datetime.now() - timedelta(hours=1)

    def look(what: str, work: Callable[[], T], otherwise: T) -> T:
        try:
            return work()
        except Exception as error:  # whatever is away must not keep the rest from being looked at
            unseen[what] = str(error)[:300] or type(error).__name__
            return otherwise

    tables: dict[str, Any] = {"locks": [], "tables": [], "committed": None, "unseen": {}}
    partitions: list[PartitionFact] = []
    query_lag = None
    if is_up:
        tables = look("locks and tables", lambda: _tables(settings, runtime.hdfs_user), tables)
        unseen |= tables["unseen"]
        partitions = look("the topic", lambda: _partitions(settings, tables["committed"]), partitions)
        query_lag = look("query-api's lag", lambda: _query_lag(settings), query_lag)
    ends = look("unexpected ends", lambda: runtime.unexpected_ends(an_hour_ago), Counter[str]())
    return Facts(
        is_up=is_up,
        programs=_programs(settings, taken, ends),
        machine=_machine(settings),
        kept=look("what Kafka keeps", lambda: measure(settings.state.data / "kafka"), []),
        query_lag=query_lag,
        partitions=partitions,
        locks=[LockFact(lock["id"], lock["table"], lock["age_s"], lock["holder"]) for lock in tables["locks"]],
        tables=[TableFact(**table) for table in tables["tables"]],
        outdated_environments=_outdated_environments() if runtime.runs_what_is_installed else (),
        wrong_jars=_wrong_jars() if runtime.runs_what_is_installed else (),
        changed_settings=look("the settings that it was started with", runtime.changed_settings, []) if is_up else (),
        unseen=unseen,
    )


def _programs(settings: Settings, taken: status.Status, exits: Counter[str]) -> list[ProgramFact]:
    rows = (row for row in taken.rows if row.name in BY_NAME)
    return [
        ProgramFact(row.name, row.state, row.reason, exits[row.name], {} if row.pid else _holders(settings, row.name))
        for row in rows
    ]


def _holders(settings: Settings, program: str) -> dict[int, str]:
    holders = {}
    for host, port in preflight.ports_of(settings, [BY_NAME[program]]).values():
        holder = preflight.port_holder(host, port)
        if holder is not None:
            holders[port] = holder
    return holders


def _machine(settings: Settings) -> MachineFact:
    folder = settings.state.root
    while not folder.exists():
        folder = folder.parent
    disk, memory = psutil.disk_usage(str(folder)), psutil.virtual_memory()
    return MachineFact(disk.free, disk.total, memory.available, preflight.memory_bytes(), _clock_ahead_s(folder))


def _clock_ahead_s(folder: Path) -> float:
    """Compare the clock with the time that the file system gives a file made now; 0.0 where none can be made."""
    try:
        with tempfile.NamedTemporaryFile(dir=folder) as file:
            return time.time() - Path(file.name).stat().st_mtime
    except OSError:
        return 0.0


def _partitions(settings: Settings, committed: Mapping[str, int] | None) -> list[PartitionFact]:
    from iotctl.doctor.kafka_facts import partition_facts  # 0.3 s of import, needed only when the stack is up

    stored = None if committed is None else {int(number): offset for number, offset in committed.items()}
    return partition_facts(settings.kafka, settings.state.data / "kafka", stored)


def _query_lag(settings: Settings) -> int:
    address, headers = f"{settings.url('QUERY_API')}/v1/status", secrets.authorization(settings.state)
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=REQUEST_S) as response:
        return int(json.load(response)["lag"])


def _tables(settings: Settings, hdfs_user: str) -> dict[str, Any]:
    command = [str(venv_python(AUDIT_VENV)), "-P", "-m", "audit.tables", settings.metastore_uri, settings.hdfs_uri]
    path = os.pathsep.join(map(str, (INFRA, PROJECT / "contracts" / "src", PROJECT / "domain" / "src")))
    done = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": path, "HADOOP_USER_NAME": hdfs_user},
        capture_output=True,
        text=True,
        timeout=TABLES_WITHIN_S,
    )
    if done.returncode:
        raise OSError(done.stderr.strip().rpartition("\n")[2])
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def _outdated_environments() -> list[str]:
    wanted = [venvs.RUNTIME, *(venvs.service_venv(service.name) for service in SERVICES)]
    return [venv.name for venv in wanted if not venvs.is_installed(venv)]


def _wrong_jars() -> list[str]:
    """Sizes only: `make up` checks the digests, which takes seconds."""
    wrong = []
    for artifact in layout.of_sets(lockfile.read(), layout.SETS):
        for set_name in artifact.sets if artifact.packaging == "jar" else ():
            path = JARS / set_name / artifact.filename
            if not path.exists() or path.stat().st_size != artifact.size_bytes:
                wrong.append(f"{set_name}/{artifact.filename}")
    return wrong
