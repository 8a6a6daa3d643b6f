"""Talks to Docker by its command line."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

from stack.errors import IotctlError
from stack.paths import INFRA, PROJECT

FILE = INFRA / "compose" / "compose.yaml"
ANSWERS_WITHIN_S = 5.0


def answers() -> bool:
    """Tell whether an Engine with Compose answers here."""
    for command in (("docker", "version", "--format", "{{.Server.Version}}"), ("docker", "compose", "version")):
        try:
            done = subprocess.run(command, capture_output=True, timeout=ANSWERS_WITHIN_S, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return False
        if done.returncode:
            return False
    return True


class Compose:
    """One project of Compose. Commands raise IotctlError with the end of what Docker said."""

    def __init__(self, project: str, files: Iterable[Path], environment: Mapping[str, str]) -> None:
        self.project = project
        self._command = ["docker", "compose", "--project-name", project, "--project-directory", str(FILE.parent)]
        for file in files:
            self._command += ["--file", str(file)]
        self.environment = {**os.environ, **environment}

    def command(self, *arguments: str) -> tuple[str, ...]:
        """Return the words of a command of Compose, to be run in `environment`."""
        return (*self._command, *arguments)

    def run(self, *arguments: str) -> str:
        """Run a command of Compose and return what it printed."""
        return _output([*self.command(*arguments)], self.environment)

    def become(self, *arguments: str) -> None:
        """Replace this process by a command of Compose."""
        command = self.command(*arguments)
        os.execvpe(command[0], command, self.environment)

    def containers(self) -> list[dict[str, Any]]:
        """Return what Docker knows of each container of the project, stopped ones too."""
        ids = _output(["docker", "ps", "--all", "--quiet", "--filter", self._label]).split()
        found: list[dict[str, Any]] = json.loads(_output(["docker", "inspect", *ids])) if ids else []
        return found

    def in_volumes(
        self, script: str, volumes: Iterable[str], *, stdin: IO[bytes] | None = None, stdout: IO[bytes] | None = None
    ) -> bytes:
        """Run a shell script as root in a container that has these volumes below /volumes; return what it printed."""
        image = f"{os.environ.get('IOT_IMAGES') or 'iot'}/postgres:{os.environ.get('IOT_TAG') or 'latest'}"
        mounts = [f"--volume={self.project}_{name}:/volumes/{name}" for name in volumes]
        command = ["docker", "run", "--rm", "--interactive", "--network=none", "--user=0", "--entrypoint=sh"]
        done = subprocess.run(
            [*command, *mounts, image, "-ec", script],
            stdin=stdin or subprocess.DEVNULL,
            stdout=stdout or subprocess.PIPE,
            stderr=subprocess.PIPE,
            check=False,
        )
        if done.returncode:
            why = f"a container with the volumes ended with {done.returncode}"
            raise IotctlError(
                "docker", why, "see the lines above", log_tail=done.stderr[-3000:].decode(errors="replace")
            )
        return done.stdout or b""

    def events(self, since: str, *kinds: str) -> list[dict[str, Any]]:
        """Return events of these kinds from `since` (RFC 3339) up to now."""
        chosen = [word for kind in kinds for word in ("--filter", f"event={kind}")]
        command = ["docker", "events", "--since", since, "--until", "0s", "--format", "{{json .}}"]
        lines = _output([*command, "--filter", self._label, *chosen]).splitlines()
        return [json.loads(line) for line in lines]

    @property
    def _label(self) -> str:
        return f"label=com.docker.compose.project={self.project}"


def _output(command: list[str], environment: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        command, env=environment, cwd=PROJECT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise IotctlError(
            "docker",
            f"`{' '.join(command[:2])} … {' '.join(command[-3:])}` ended with {done.returncode}",
            "see the lines above; docker info says whether the Engine is well",
            log_tail=done.stderr[-3000:].strip(),
        )
    return done.stdout
