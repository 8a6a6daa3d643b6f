"""A stack as its user has it: started with make, killed with kill -9, asked over HTTP."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

PROJECT = Path(__file__).resolve().parents[2]
DEFAULT_PORTS = {
    name.removesuffix("_PORT"): int(value)
    for name, _, value in (line.partition("=") for line in (PROJECT / ".env").read_text().splitlines())
    if name.endswith("_PORT")
}
UP_DEADLINE_S = 900
IN_CONTAINERS = os.environ.get("RUNTIME") == "docker"


@dataclass(frozen=True)
class Stack:
    """One stack: where its state is, how far its ports are shifted, and the checkout whose commands it obeys."""

    state_dir: Path
    port_offset: int
    project: Path = PROJECT

    def make(self, target: str, *, deadline_s: float = 300, **variables: str) -> str:
        """Run a make target on this stack and return what it printed; AssertionError when it fails."""
        settings = {
            "PORT_OFFSET": str(self.port_offset),
            "STATE_DIR": str(self.state_dir),
            "SIMULATOR": "off",
            # What a Docker Engine on this machine would otherwise decide.
            "RUNTIME": os.environ.get("RUNTIME") or "native",
        } | variables
        done = subprocess.run(
            ["make", "--no-print-directory", target, *(f"{key}={value}" for key, value in settings.items())],
            cwd=self.project,
            env={key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "PYTEST"))},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=deadline_s,
            check=False,
        )
        assert done.returncode == 0, f"make {target} failed:\n{done.stdout}"
        return done.stdout

    def up(self, **variables: str) -> None:
        """Start the stack; returns when everything is ready."""
        self.make("up", deadline_s=UP_DEADLINE_S, **variables)

    def down_and_remove(self) -> None:
        """Stop the stack and delete its data."""
        self.make("reset", YES="1")
        shutil.rmtree(self.state_dir, ignore_errors=True)

    def port(self, name: str) -> int:
        """The port of a service or component, by its name in `.env` without `_PORT`."""
        return DEFAULT_PORTS[name] + self.port_offset

    def url(self, service: str) -> str:
        """Base URL of one of our services, by its folder's name."""
        return f"http://127.0.0.1:{self.port(service.upper().replace('-', '_'))}"

    @property
    def kafka(self) -> str:
        """Kafka's bootstrap server."""
        return f"127.0.0.1:{self.port('KAFKA')}"

    def kill9(self, program: str) -> int:
        """`kill -9` the program's main process and return the pid that it had."""
        process = psutil.Process(self.pid(program))
        process.kill()
        psutil.wait_procs([process], timeout=10)
        return int(process.pid)

    def pid(self, program: str) -> int:
        """Process id of a running program; AssertionError when it does not run."""
        status = self.status()
        pid = next((item["pid"] for item in status["programs"] if item["name"] == program), None)
        assert pid, f"{program} does not run: {status}"
        return int(pid)

    def iotctl(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of iotctl on this stack to its end, whatever that is."""
        return subprocess.run(
            [PROJECT / ".local/bin/iotctl", *arguments],
            env=os.environ | {"PORT_OFFSET": str(self.port_offset), "STATE_DIR": str(self.state_dir)},
            capture_output=True,
            text=True,
            check=False,
        )

    def status(self) -> dict[str, Any]:
        """What `iotctl status --json` says of this stack."""
        done = self.iotctl("status", "--json", "--seconds", "0")
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    def programs(self) -> dict[str, dict[str, Any]]:
        """Of each program by its name what `status` says."""
        return {program["name"]: program for program in self.status()["programs"]}

    def audit(self, since: datetime | None = None, wait_s: float = 60) -> dict[str, Any]:
        """The report of `iotctl audit`, once the table holds what is in the topic now; `failed`: why there is none."""
        start = ("--from", since.isoformat()) if since else ()
        done = self.iotctl("audit", "--json", "--wait", str(wait_s), *start)
        report: dict[str, Any] = json.loads(done.stdout) if done.stdout else {"failed": done.stderr[-2000:]}
        return report

    def command(self, *arguments: str) -> subprocess.Popen[str]:
        """Start the `simulator` command against this stack."""
        return subprocess.Popen(
            [PROJECT / ".local/bin/simulator", *arguments],
            env=os.environ | {"INGEST_API_URL": self.url("ingest-api")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def scan(self, table: str, *columns: str, where: str = "") -> list[dict[str, Any]]:
        """Rows of an Iceberg table, read through the metastore without any of our own services."""
        done = subprocess.run(
            [
                PROJECT / ".local/venvs/query-api/bin/python",
                PROJECT / "tests/support/scan_table.py",
                f"thrift://127.0.0.1:{self.port('METASTORE')}",
                f"hdfs://127.0.0.2:{self.port('NAMENODE')}",
                table,
                ",".join(columns),
                where,
            ],
            # In containers the files are their user's.
            env=os.environ | ({"HADOOP_USER_NAME": "iot"} if IN_CONTAINERS else {}),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"cannot scan {table}: {done.stderr}"
        rows: list[dict[str, Any]] = json.loads(done.stdout)
        return rows


def running_stack() -> Stack:
    """The stack that the make variables PORT_OFFSET and STATE_DIR name: what benchmarks measure."""
    return Stack(
        state_dir=Path(os.environ.get("STATE_DIR") or PROJECT / ".state"),
        port_offset=int(os.environ.get("PORT_OFFSET") or 0),
    )
