"""What the audit tells while it runs: a line of JSON each on standard output, for `iotctl` to show."""

from __future__ import annotations

import json
import sys
import threading
from dataclasses import asdict

from invariants.accounts import Account
from invariants.protocol import Violation

_lock = threading.Lock()


def progress(step: str, done: int, total: int) -> None:
    """Say how far a step is."""
    _write({"progress": {"step": step, "done": done, "total": total}})


def note(text: str) -> None:
    """Say what could not be compared."""
    _write({"note": text})


def report(accounts: list[Account], violations: list[Violation]) -> None:
    """Say what was found; the last line."""
    _write({"accounts": [asdict(one) for one in accounts], "violations": [asdict(one) for one in violations]})


def failed(part: str, why: str) -> None:
    """Say why there is no report."""
    _write({"failed": {"part": part, "why": why}})


def _write(document: dict[str, object]) -> None:
    with _lock:
        sys.stdout.write(json.dumps(document) + "\n")
        sys.stdout.flush()
