"""Remembers what is installed: a stamp holds the digest of what it was made from, and is written last."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from pathlib import Path


def digest(paths: Iterable[Path], *extra: str) -> str:
    """Return a digest of files (or all files of folders), this interpreter and any more text."""
    content = hashlib.sha256("\0".join([sys.version, sys.base_prefix, *extra]).encode())
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                content.update(str(file).encode() + b"\0" + file.read_bytes())
    return content.hexdigest()


def is_current(stamp: Path, wanted: str) -> bool:
    """Tell whether a stamp holds this digest."""
    return stamp.exists() and stamp.read_text() == wanted


def write(stamp: Path, content: str) -> None:
    """Write a stamp."""
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(content)
