"""Looks at a stack, whether it is up, half up or down: nothing here raises for what is away."""

from __future__ import annotations

import json
import os
import re
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

from iotctl import preflight, status
from iotctl.checks import AUDIT_VENV
from iotctl.doctor.facts import Facts, LockFact, MachineFact, PartitionFact, ProgramFact, TableFact
from iotctl.install import venvs
from iotctl.paths import INFRA, JARS, PROJECT, venv_python
from iotctl.programs import BY_NAME, SERVICES
from iotctl.retention import measure
from iotctl.settings import Settings
from iotctl.stack import Stack
from jars import lockfile

TABLES_WITHIN_S = 60
REQUEST_S = 5
# 2026-11-26 01:37:53,181 INFO exited: kafka (terminated by SIGKILL; not expected)
_EXIT = re.compile(r"^(\S+ \S+),\d+ \w+ exited: (\S+) \(.*not expected\)", re.MULTILINE)
T = TypeVar("T")


def gather(stack: Stack) -> Facts:
    """Look at everything."""
    settings, unseen = stack.settings, dict[str, str]()
    taken = status.take(stack, 0)
    is_up = any(row.pid for row in taken.rows)

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
        tables = look("locks and tables", lambda: _tables(settings), tables)
        unseen |= tables["unseen"]
        partitions = look("the topic", lambda: _partitions(settings, tables["committed"]), partitions)
        query_lag = look("query-api's lag", lambda: _query_lag(settings), query_lag)
    return Facts(
        is_up=is_up,
        programs=_programs(settings, taken, look("supervisord's log", lambda: _exits(settings), Counter())),
        machine=_machine(settings),
        kept=look("what Kafka keeps", lambda: measure(settings.state.data / "kafka"), []),
        query_lag=query_lag,
        partitions=partitions,
        locks=[LockFact(lock["id"], lock["table"], lock["age_s"], lock["holder"]) for lock in tables["locks"]],
        tables=[TableFact(**table) for table in tables["tables"]],
        outdated_environments=_outdated_environments(),
        wrong_jars=_wrong_jars(),
        changed_settings=look("the settings that it was started with", stack.changed_settings, []) if is_up else (),
        unseen=unseen,
    )


def exits_since(log: str, since: datetime) -> Counter[str]:
    """Count, by program, the unexpected ends that supervisord's log tells of (in local time)."""
    ends = ((datetime.strptime(time, "%Y-%m-%d %H:%M:%S"), name) for time, name in _EXIT.findall(log))
    return Counter(name for at, name in ends if at >= since)


def _exits(settings: Settings) -> Counter[str]:
    log = settings.state.log("supervisord")
    text = log.read_text(errors="replace") if log.exists() else ""
    return exits_since(text, datetime.now() - timedelta(hours=1))


def _programs(settings: Settings, taken: status.Status, exits: Counter[str]) -> list[ProgramFact]:
    rows = (row for row in taken.rows if row.name in BY_NAME)
    return [
        ProgramFact(row.name, row.state, row.reason, exits[row.name], {} if row.pid else _holders(settings, row.name))
        for row in rows
    ]


def _holders(settings: Settings, program: str) -> dict[int, str]:
    holders = {}
    for name in BY_NAME[program].ports:
        holder = preflight.port_holder(settings.bind_host_of(name), settings.port(name))
        if holder is not None:
            holders[settings.port(name)] = holder
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

    bootstrap = f"{settings.connect_host}:{settings.port('KAFKA')}"
    stored = None if committed is None else {int(number): offset for number, offset in committed.items()}
    return partition_facts(bootstrap, settings.state.data / "kafka", stored)


def _query_lag(settings: Settings) -> int:
    with urllib.request.urlopen(f"{settings.url('QUERY_API')}/v1/status", timeout=REQUEST_S) as response:
        return int(json.load(response)["lag"])


def _tables(settings: Settings) -> dict[str, Any]:
    metastore = f"thrift://{settings.connect_host}:{settings.port('METASTORE')}"
    command = [str(venv_python(AUDIT_VENV)), "-P", "-m", "audit.tables", metastore, settings.hdfs_uri]
    path = os.pathsep.join(map(str, (INFRA, PROJECT / "contracts" / "src", PROJECT / "domain" / "src")))
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=TABLES_WITHIN_S
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
    for artifact in lockfile.read():
        for set_name in artifact.sets if artifact.packaging == "jar" else ():
            path = JARS / set_name / artifact.filename
            if not path.exists() or path.stat().st_size != artifact.size_bytes:
                wrong.append(f"{set_name}/{artifact.filename}")
    return wrong
