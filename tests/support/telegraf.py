"""Telegraf, built from its own source where Go is there: a peer in benchmarks, and a real client in tests.

`go` checks what it downloads against its checksum database. The build takes a minute and is kept in `.local/cache`.
"""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from stack.paths import CACHE

VERSION = "v1.36.4"
MODULE = f"github.com/influxdata/telegraf@{VERSION}"
PLUGINS = (
    *("inputs.http_listener_v2", "inputs.file", "outputs.kafka", "outputs.influxdb_v2"),
    *("parsers.influx", "parsers.json_v2", "serializers.json", "serializers.influx"),
)
BUILD_DEADLINE_S = 600


class NoTelegrafError(Exception):
    """Telegraf is not to be had on this machine; says why."""


def telegraf() -> Path:
    """The program, built unless that was done before. Raises NoTelegrafError with the reason."""
    program = CACHE / "telegraf" / f"telegraf-{VERSION}"
    if program.exists():
        return program
    go = shutil.which("go")
    if go is None:
        raise NoTelegrafError("Go is not installed, so Telegraf can't be built (apt-get install golang)")
    program.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="telegraf-") as folder:
        source = _source(go, Path(folder))
        built = Path(folder) / "telegraf"
        _run([go, "build", "-tags", ",".join(("custom", *PLUGINS)), "-o", built, "./cmd/telegraf"], source)
        unfinished = program.with_suffix(".unfinished")
        shutil.copy2(built, unfinished)
        unfinished.replace(program)
    return program


def _source(go: str, folder: Path) -> Path:
    """Download the module and copy it out of the module cache, which can't be written."""
    downloaded = json.loads(_run([go, "mod", "download", "-json", MODULE], folder))
    source = folder / "source"
    shutil.copytree(downloaded["Dir"], source, copy_function=shutil.copyfile)
    for path in (source, *source.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
    return source


def _run(command: list[str | Path], cwd: Path) -> str:
    done = subprocess.run(
        command,
        cwd=cwd,
        env=os.environ | {"CGO_ENABLED": "0"},
        capture_output=True,
        text=True,
        timeout=BUILD_DEADLINE_S,
        check=False,
    )
    if done.returncode != 0:
        raise NoTelegrafError(f"{' '.join(map(str, command[:3]))} failed: {done.stderr.strip()[-500:]}")
    return done.stdout
