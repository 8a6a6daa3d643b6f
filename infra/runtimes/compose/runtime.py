"""The stack as containers."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from components import probes
from components.component import Component
from components.registry import BY_NAME, COMPONENTS, OPTIONAL, PROGRAMS
from components.stream_processor import STREAM_PROCESSOR
from runtimes import backup, preflight, usage
from runtimes.compose.engine import FILE, Compose
from runtimes.logs import readable
from runtimes.protocol import Job, ProgramState, Usage
from runtimes.started_with import StartedWith
from stack import secrets
from stack.errors import IotctlError
from stack.paths import PROJECT
from stack.settings import Settings
from stack.steps import Steps

POLL_S = 0.5
LOG_LINES = 15
_STATES = {"running": "RUNNING", "restarting": "BACKOFF", "created": "STOPPED", "paused": "STOPPED", "exited": "EXITED"}
_LABEL = "com.docker.compose.service"
_OWN = "chown -R 10001 /volumes/* && chmod 700 /volumes/*"


@dataclass(frozen=True)
class ComposeRuntime:
    """Containers kept alive by the Docker Engine. See Runtime for what each method does."""

    settings: Settings
    compose: Compose
    started_with: StartedWith
    name: str = "docker"
    extras: tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: Settings, extras: tuple[str, ...] = ()) -> ComposeRuntime:
        """Return the stack of these settings, with what the words of WITH= add; touches nothing."""
        environment = compose_environment(settings)
        file = settings.state.run / "compose-environment.json"
        compose = Compose(f"iot-{settings.state.stack_id}", _files(extras), environment)
        return cls(settings, compose, StartedWith(file, environment, ("REVISION",)), extras=extras)

    @property
    def programs(self) -> tuple[Component, ...]:
        """Those of every stack, and what was asked for beside them."""
        return (*PROGRAMS, *(OPTIONAL[word] for word in self.extras))

    @property
    def hdfs_user(self) -> str:
        """The user of the images."""
        return "iot"

    @property
    def runs_what_is_installed(self) -> bool:
        """They run from images, and keep their data in volumes."""
        return False

    def up(self, console: Console, only_infra: bool) -> None:
        """Build the images, start what is not running (Compose recreates what has changed), wait until it is ready."""
        programs = COMPONENTS if only_infra else self.programs
        running = self.states()
        starting = [program for program in programs if not (program.name in running and running[program.name].is_up)]
        state = self.settings.state
        preflight.require(
            [
                *preflight.check_disk(state.root, preflight.free_bytes(state.root)),
                *preflight.check_memory(preflight.memory_bytes()),
                *preflight.check_keys(self.settings, programs),
                *preflight.check_ports(preflight.ports_of(self.settings, starting), preflight.port_holder),
            ]
        )
        state.run.mkdir(parents=True, exist_ok=True)
        with Steps(console) as steps:
            with steps.step("images: building", "images built"):
                self.compose.run("build", "--quiet")
            names = [program.name for program in programs]
            with steps.step("containers: starting", "containers started"):
                self.compose.run("up", "--detach", "--no-build", "--remove-orphans", *names)
            self.started_with.remember()
            if self.settings.asks_for_keys and not only_infra:
                self._keep_own_key()
            for program in programs:
                with steps.step(f"{program.name}: starting", f"{program.name} ready"):
                    self._wait(program)

    def down(self, console: Console) -> None:
        """Remove the containers; the volumes stay."""
        with Steps(console) as steps, steps.step("containers: stopping", "containers stopped"):
            self.compose.run("down", "--remove-orphans")
        self.started_with.forget()

    def delete_data(self) -> None:
        """Remove the volumes, also of what it ran with once."""
        everything = Compose(self.compose.project, _files(OPTIONAL), compose_environment(self.settings))
        everything.run("down", "--volumes")
        shutil.rmtree(self.settings.state.run, ignore_errors=True)

    def reason(self, program: Component) -> str | None:
        """Ask the program at its published port; where there is none, ask Docker for its health."""
        if program.ports and program.name != "postgres":
            return probes.ask(program, self.settings)
        container = self._containers().get(program.name)
        if container is None:
            return "there is no container"
        health = container["State"].get("Health", {}).get("Status", "healthy")
        return None if container["State"]["Running"] and health == "healthy" else health

    def states(self) -> Mapping[str, ProgramState]:
        """Ask Docker; empty when no container exists."""
        containers = self._containers()
        if not containers:
            return {}
        return {name: _state(name, containers.get(name)) for name in BY_NAME}

    def usages(self, seconds: float) -> Mapping[str, Usage]:
        """Measure the process trees of the containers, which this machine sees as its own."""
        return usage.measure({name: state.pid for name, state in self.states().items() if state.pid}, seconds)

    def start(self, program: str) -> None:
        """Start a container."""
        self.compose.run("start", program)

    def stop(self, program: str) -> None:
        """Stop a container."""
        self.compose.run("stop", program)

    def log_tail(self, program: str, lines: int) -> str:
        """Ask Docker for its log."""
        return self.compose.run("logs", "--no-color", "--no-log-prefix", "--tail", str(lines), program).rstrip()

    def follow_log(self, program: str, lines: int) -> None:
        """Become `docker compose logs --follow`."""
        self.compose.become("logs", "--no-log-prefix", "--follow", "--tail", str(lines), program)

    def become_client(self, program: Component, arguments: Sequence[str]) -> None:
        """Become its script, inside its container."""
        terminal = () if sys.stdin.isatty() else ("--no-TTY",)
        self.compose.become("exec", *terminal, program.name, f"/opt/iot/infra/{program.client}", *arguments)

    def job(self, module: str, arguments: Sequence[str], folder: Path | None = None) -> Job:
        """A container of its own from the stream processor's image, which is gone when the job ends."""
        mount: tuple[str, ...] = ()
        if folder:
            if not folder.exists():
                folder.mkdir(parents=True)
                folder.chmod(0o777)  # the images' user writes there
            mount = ("--volume", f"{folder}:{folder}")
        # Its root is read-only, and the volume is the stream's.
        options = ("--rm", "--no-TTY", "--no-deps", "--env", "STREAM_PROCESSOR_WORK_DIR=/tmp/job", *mount)
        program = ("--entrypoint", "/app/bin/python", STREAM_PROCESSOR.name, "-m", module)
        command = self.compose.command("run", *options, *program, *arguments)
        return Job(command, self.compose.environment)

    def backup(self, file: Path) -> None:
        """Archive the volumes."""
        archive = "cd /volumes && ls -d */* | tar -c -T - --transform 's,^[^/]*/,,'"
        with file.open("wb") as output:
            self.compose.in_volumes(archive, backup.PARTS, stdout=output)
        read = "cat /volumes/secret-*/password --"
        passwords = {name: self.compose.in_volumes(read, (f"secret-{name}",)).decode() for name in secrets.NAMES}
        backup.add_manifest_and_secrets(file, self.name, passwords)

    def restore(self, file: Path) -> None:
        """Unpack into the volumes, as the containers' user's."""
        _, passwords = backup.read_manifest(file)
        unpack = (
            "tar -x --no-same-owner -C /volumes --exclude secrets --exclude manifest.json --transform 's,^[a-z-]*,&/&,'"
        )
        with file.open("rb") as archive:
            self.compose.in_volumes(f"{unpack} && {_OWN}", backup.PARTS, stdin=archive)
        for name, password in passwords.items():
            write = f"umask 077; printf %s '{password}' > /volumes/secret-{name}/password && {_OWN}"
            self.compose.in_volumes(write, (f"secret-{name}",))

    def changed_settings(self) -> list[str]:
        """Compare with what was written down at the start."""
        return self.started_with.changed()

    def unexpected_ends(self, since: datetime) -> Counter[str]:
        """Count ends that nobody had asked for by `stop`."""
        events = self.compose.events(since.astimezone().isoformat(), "die", "stop")
        counts: Counter[str] = Counter()
        for event in events:
            program = event["Actor"]["Attributes"].get(_LABEL, "")
            if program in BY_NAME:
                counts[program] += 1 if event["Action"] == "die" else -1
        return +counts

    def _containers(self) -> dict[str, dict[str, Any]]:
        return {container["Config"]["Labels"][_LABEL]: container for container in self.compose.containers()}

    def _keep_own_key(self) -> None:
        """Copy the key of iotctl out of its volume: commands run outside of the containers."""
        state = self.settings.state
        state.secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
        token = self.compose.in_volumes("cat /volumes/key-iotctl/key", ("key-iotctl",)).decode()
        secrets.write(state, secrets.api_key_file(state, "iotctl").name, token)

    def _wait(self, program: Component) -> None:
        deadline = time.monotonic() + program.ready_within_s
        while (reason := self.reason(program)) is not None:
            if time.monotonic() > deadline:
                raise IotctlError(
                    program.name,
                    reason,
                    f"see its log above (all of it: make logs SERVICE={program.name}), correct it, then make up again",
                    log_tail=readable(self.log_tail(program.name, LOG_LINES)),
                )
            time.sleep(POLL_S)


def _files(extras: Iterable[str]) -> list[Path]:
    """Return the file of every stack, and those that add what was asked for."""
    return [FILE, *(FILE.parent / OPTIONAL[word].compose_file for word in extras)]


def compose_environment(settings: Settings) -> dict[str, str]:
    """Return what compose.yaml takes from its environment: the ports and switches of `.env`, the revision."""
    return {
        **{name: str(port) for name, port in settings.ports.items()},
        "BIND_HOST": settings.bind_host,
        "CONNECT_HOST": settings.connect_host,
        "NAMENODE_LOOPBACK": settings.namenode_host,
        "DURABILITY": settings.durability,
        "HDFS_CHECKPOINT_INTERVAL_S": str(settings.checkpoint_interval_s),
        "SIMULATOR": "on" if settings.simulator_autostart else "off",
        "AUTH": "on" if settings.auth else "off",
        "TRINO_HEAP_MIB": settings.service_settings.get("TRINO_HEAP_MIB", ""),
        "IOT_PROJECT": f"iot-{settings.state.stack_id}",
        "REVISION": _revision(),
    }


def _revision() -> str:
    command = ["git", "-C", str(PROJECT), "rev-parse", "HEAD"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _state(name: str, container: dict[str, Any] | None) -> ProgramState:
    if container is None:
        return ProgramState(name, "STOPPED")
    state = container["State"]
    started_at = datetime.fromisoformat(state["StartedAt"])
    uptime_s = (datetime.now(UTC) - started_at).total_seconds() if state["Running"] else 0.0
    return ProgramState(name, _STATES.get(state["Status"], "EXITED"), state["Pid"], uptime_s)
