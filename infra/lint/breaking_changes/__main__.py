"""`python -m lint.breaking_changes`: fails when a contract or an HTTP interface breaks what main promised.

It compares the working tree's generated documents with those of the last commit on main. What is broken on purpose
stands in accepted.toml with its reason. Fields, values and operations that are added break nothing: readers skip what
they do not know.
"""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from lint.breaking_changes.base import NoBaseError, base_commit, documents
from lint.breaking_changes.documents import changes

PROJECT = Path(__file__).resolve().parents[3]
ACCEPTED = Path(__file__).with_name("accepted.toml")


def breaking_changes(project: Path, base: str) -> Iterator[str]:
    """Yield each breaking change between a commit and the working tree, with the document's path."""
    for path, old in documents(project, base).items():
        now = project / path
        for change in changes(path, old, now.read_text() if now.exists() else None):
            yield f"{path}: {change}"


def accepted(path: Path) -> dict[str, str]:
    """Return the accepted changes and their reasons; an entry without a reason is refused."""
    entries = tomllib.loads(path.read_text()).get("accepted", [])
    for entry in entries:
        if not entry.get("reason"):
            raise SystemExit(f"{path.name}: no reason given for: {entry['change']}")
    return {entry["change"]: entry["reason"] for entry in entries}


def main(project: Path, accepted_path: Path, wanted_base: str) -> int:
    """Print the breaking changes; 1 when one is not accepted."""
    try:
        base = base_commit(project, wanted_base)
        found = list(dict.fromkeys(breaking_changes(project, base)))
    except NoBaseError as error:
        print(f"not compared: {error}")
        return 0
    reasons = accepted(accepted_path)
    for change in found:
        print(f"accepted: {change} ({reasons[change]})" if change in reasons else f"breaking: {change}")
    refused = [change for change in found if change not in reasons]
    if refused:
        print(
            f"Compared with {base[:12]}. Keep the old behaviour, or add each change to {accepted_path.name}: why it is"
        )
        print("worth breaking, and what its users do.")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main(PROJECT, ACCEPTED, os.environ.get("BASE", "")))
