"""Backups: everything that a stopped stack keeps, in one tar file that any runtime can restore.

The names in the file are those below `data/` of a native stack; a volume of a container holds its entry by the same
name. What can be made again (caches, logs, Spark's temporary files) is left out.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stack import secrets
from stack.errors import IotctlError

FORMAT = 1
MANIFEST = "manifest.json"
PARTS = ("kafka", "namenode", "datanode", "postgres", "ingest-api", "simulator")
"""The folders of what is kept; beside a folder `x` there may be a file `x.initialised`."""


def names() -> list[str]:
    """Return every name at the top of a backup that belongs to the data."""
    return [name for part in PARTS for name in (part, f"{part}.initialised")]


def add_manifest_and_secrets(file: Path, runtime: str, passwords: Mapping[str, str]) -> None:
    """Append to a tar file what it is, and the passwords that PostgreSQL's data know."""
    manifest = {"format": FORMAT, "created_at": datetime.now(UTC).isoformat(), "runtime": runtime}
    with tarfile.open(file, "a") as archive:
        _add(archive, MANIFEST, json.dumps(manifest, indent=1).encode())
        for name in secrets.NAMES:
            _add(archive, f"secrets/{name}", passwords[name].encode())


def read_manifest(file: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what a backup is, and its passwords. Raises IotctlError for a file that is none, or a newer one."""
    try:
        with tarfile.open(file) as archive:
            manifest = json.loads(_content(archive, MANIFEST))
            passwords = {name: _content(archive, f"secrets/{name}").decode() for name in secrets.NAMES}
    except (OSError, tarfile.TarError, KeyError, ValueError) as error:
        raise IotctlError(
            "restore", f"{file} is not a complete backup: {error}", "name what make backup wrote"
        ) from None
    if manifest.get("format") != FORMAT:
        raise IotctlError(
            "restore", f"{file} has format {manifest.get('format')}, this is {FORMAT}", "use the version that wrote it"
        )
    return manifest, passwords


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = len(content), 0o600, int(datetime.now(UTC).timestamp())
    archive.addfile(entry, io.BytesIO(content))


def _content(archive: tarfile.TarFile, name: str) -> bytes:
    found = archive.extractfile(name)
    if found is None:
        raise KeyError(name)
    return found.read()
