"""Reads the programs' logs."""

from __future__ import annotations

import json
import os
import sys
from collections import deque
from pathlib import Path

TAIL_LINES = 15
_SHOWN_FIRST = frozenset({"timestamp", "level", "event", "service"})


def size(path: Path) -> int:
    """Return how long a log is, in bytes."""
    return path.stat().st_size if path.exists() else 0


def tail(path: Path, lines: int = TAIL_LINES, after_bytes: int = 0) -> str:
    """Return the last lines of a log (of what came after so many bytes, unless it was rotated), or why none."""
    try:
        with path.open(errors="replace") as file:
            file.seek(after_bytes if after_bytes <= size(path) else 0)
            return "".join(deque(file, maxlen=lines)).rstrip() or f"({path} is empty)"
    except OSError as error:
        return f"({error})"


def readable(text: str, lines: int = TAIL_LINES) -> str:
    """Return the last lines of a log for people: JSON lines as time, level and event, tracebacks unfolded."""
    return "\n".join("\n".join(_readable_line(line) for line in text.splitlines()).splitlines()[-lines:])


def _readable_line(line: str) -> str:
    try:
        entry = json.loads(line)
    except ValueError:
        return line
    if not isinstance(entry, dict) or "event" not in entry:
        return line
    rest = [f"{name}={value}" for name, value in entry.items() if name not in _SHOWN_FIRST]
    return " ".join(
        [str(entry.get("timestamp", "")), str(entry.get("level", "")), str(entry["event"]).rstrip(), *rest]
    ).strip()


def follow(path: Path, lines: int) -> None:
    """Become `tail -F`, which goes on over rotations, until it is interrupted."""
    sys.stdout.flush()
    os.execvp("tail", ["tail", "-n", str(lines), "-F", str(path)])
