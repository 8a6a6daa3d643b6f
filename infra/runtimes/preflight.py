"""Says what is missing on this machine before anything is installed: pure checks that return findings."""

from __future__ import annotations

import contextlib
import shutil
import socket
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from components.component import Component
from components.postgres_layout import SYSTEM_USER, PostgresLayout
from service_kit.hosts import is_loopback
from stack.errors import IotctlError
from stack.settings import Settings

GIB = 1 << 30
LEAST_DISK_BYTES = 5 * GIB
LEAST_MEMORY_BYTES = 6 * GIB
_WILDCARDS = frozenset({"0.0.0.0", "::"})
ANOTHER_USER = "a process of another user"


@dataclass(frozen=True)
class Finding:
    """One thing that stands in the way, and its remedy."""

    problem: str
    remedy: str


def require(findings: list[Finding]) -> None:
    """Raise IotctlError with every finding and its remedy, if there are any."""
    if findings:
        lines = "\n".join(f"- {finding.problem}\n  remedy: {finding.remedy}" for finding in findings)
        raise IotctlError("preflight", "this machine is not ready", "see the remedies above", log_tail=lines)


def ports_of(settings: Settings, programs: Iterable[Component]) -> dict[str, tuple[str, int]]:
    """Return address and port of each port of these programs, by the name of its variable."""
    return {
        f"{name}_PORT": (settings.bind_host_of(name), settings.port(name))
        for program in programs
        for name in program.ports
    }


def check_disk(folder: Path, free_bytes: int) -> list[Finding]:
    """A stack with its downloads needs 5 GiB to begin with."""
    if free_bytes >= LEAST_DISK_BYTES:
        return []
    return [
        Finding(
            f"only {free_bytes / GIB:.1f} GiB are free at {folder}, 5 GiB are needed",
            "free some space, or put the project and STATE_DIR on another disk",
        )
    ]


def check_keys(settings: Settings, programs: Iterable[Component]) -> list[Finding]:
    """Those of the programs that are services and that other machines reach ask for API keys."""
    services = {program.setting_prefix for program in programs if program.kind == "service"}
    open_services = [name for name in settings.services_without_keys if name in services]
    if is_loopback(settings.bind_host) or not open_services:
        return []
    named = ", ".join(name.lower().replace("_", "-") for name in open_services)
    return [
        Finding(
            f"other machines reach BIND_HOST={settings.bind_host}, and {named} would answer them without API keys",
            "AUTH=on make up (docs/how-to/switch-api-keys-on.md), or leave BIND_HOST at 127.0.0.1",
        )
    ]


def check_memory(total_bytes: int) -> list[Finding]:
    """All programs together take about 4 GiB; a machine of less than 6 GiB would swap or kill one."""
    if total_bytes >= LEAST_MEMORY_BYTES:
        return []
    return [
        Finding(
            f"this machine has {total_bytes / GIB:.1f} GiB of memory, 6 GiB are needed",
            "use a bigger machine, or run the components alone: make up ONLY=infra",
        )
    ]


def check_ports(ports: Mapping[str, tuple[str, int]], holder: Callable[[str, int], str | None]) -> list[Finding]:
    """Every port must be free on its address; `holder` says who has one (None: nobody)."""
    findings = []
    for name, (host, port) in sorted(ports.items(), key=lambda item: item[1][1]):
        who = holder(host, port)
        if who is not None:
            findings.append(
                Finding(
                    f"port {port} ({name}) is taken by {who}",
                    f"stop it, or run this stack elsewhere: another PORT_OFFSET, or another {name} in .env",
                )
            )
    return findings


def check_postgres_user(layout: PostgresLayout, exists: bool, can_make_users: bool) -> list[Finding]:
    """Under root the server needs a user of its own, since PostgreSQL refuses to run as root."""
    if layout.user is None or exists or can_make_users:
        return []
    return [
        Finding(
            f"PostgreSQL refuses to run as root, and the user {SYSTEM_USER} cannot be made here (no useradd)",
            "apt-get install passwd, or run as an ordinary user",
        )
    ]


def check_java(java_home: Path | None) -> list[Finding]:
    """A Java that the person chose must be there."""
    if java_home is None or (java_home / "bin" / "java").exists():
        return []
    return [Finding(f"JAVA_HOME names {java_home}, which has no bin/java", "correct JAVA_HOME in .env, or remove it")]


def free_bytes(folder: Path) -> int:
    """Return the free bytes of the disk that holds a folder, or will hold it."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def memory_bytes() -> int:
    """Return this machine's memory, or the limit of the container around us when that is less."""
    limit = Path("/sys/fs/cgroup/memory.max")
    total = int(psutil.virtual_memory().total)
    try:
        return min(total, int(limit.read_text()))
    except (OSError, ValueError):
        return total


def port_holder(host: str, port: int) -> str | None:
    """Return who listens on a port (name and pid where we may see them), or None when it can be bound."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            return "the system: ports under 1024 are root's"
        except OSError:
            return _listener(host, port)
    return None


def _listener(host: str, port: int) -> str:
    for connection in psutil.net_connections("tcp"):
        bound = tuple(connection.laddr)
        if connection.status != psutil.CONN_LISTEN or bound[1:] != (port,) or not connection.pid:
            continue
        address = str(bound[0]).removeprefix("::ffff:")
        if address == host or _WILDCARDS & {address, host}:
            with contextlib.suppress(psutil.Error):
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    return ANOTHER_USER
