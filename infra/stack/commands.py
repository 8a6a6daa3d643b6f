"""Runs the installers (uv, npm, java) quietly; a failure shows the last lines of what they said."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from stack.errors import IotctlError
from stack.paths import CACHE, NODE_HOME

TAIL_LINES = 15


def installer_environment() -> dict[str, str]:
    """Return the installers' environment: caches in the project, certificates as the person set them."""
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    certificates = environment.get("SSL_CERT_FILE")
    if certificates and Path(certificates).exists():
        environment.setdefault("NODE_EXTRA_CA_CERTS", certificates)
    return {
        **environment,
        "UV_CACHE_DIR": str(CACHE / "uv"),
        "UV_PYTHON_DOWNLOADS": "never",
        "npm_config_cache": str(CACHE / "npm"),
        "npm_config_update_notifier": "false",
        "PATH": f"{NODE_HOME}/bin:{environment.get('PATH', '/usr/bin:/bin')}",
    }


def run(
    part: str, command: Sequence[str | Path], cwd: Path | None = None, more: Mapping[str, str] | None = None
) -> None:
    """Run an installer; raise IotctlError with the end of its output when it fails."""
    result = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**installer_environment(), **(more or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if result.returncode != 0:
        raise IotctlError(
            part,
            f"`{Path(command[0]).name} {' '.join(str(word) for word in command[1:4])}` ended with {result.returncode}",
            "see the lines above (the network, a full disk?), then run the same again: what is done stays done",
            log_tail="\n".join(result.stdout.splitlines()[-TAIL_LINES:]),
        )
