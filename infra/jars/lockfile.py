"""The list of jars that a stack needs: `jars.lock`, one artifact a line.

    <class paths> <group:artifact:packaging[:classifier]:version> <bytes> sha256:<hex>

Maven resolves it from the poms (`make lock`), people commit it, `fetch` downloads exactly what it names.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

LOCK_FILE = Path(__file__).parent / "jars.lock"


class LockError(ValueError):
    """A line of the lock is not what this module writes."""


@dataclass(frozen=True, order=True)
class Artifact:
    """One file of Maven Central and the class paths it belongs to."""

    group: str
    name: str
    version: str
    packaging: str
    classifier: str
    size_bytes: int
    sha256: str
    sets: tuple[str, ...]

    @property
    def coordinates(self) -> str:
        """Return the artifact's coordinates as Maven writes them."""
        classifier = f":{self.classifier}" if self.classifier else ""
        return f"{self.group}:{self.name}:{self.packaging}{classifier}:{self.version}"

    @property
    def filename(self) -> str:
        """Return the file's name in a Maven repository."""
        classifier = f"-{self.classifier}" if self.classifier else ""
        return f"{self.name}-{self.version}{classifier}.{self.packaging}"

    def line(self) -> str:
        """Return this artifact as a line of the lock."""
        return f"{','.join(self.sets)} {self.coordinates} {self.size_bytes} sha256:{self.sha256}"


def parse_line(line: str) -> Artifact:
    """Read one line of the lock; raise LockError when it is anything else."""
    fields = line.split()
    if len(fields) != 4:
        raise LockError(f"expected 4 fields, found {len(fields)}: {line!r}")
    sets, coordinates, size, checksum = fields
    match coordinates.split(":"):
        case [group, name, packaging, version]:
            classifier = ""
        case [group, name, packaging, classifier, version]:
            pass
        case _:
            raise LockError(f"not the coordinates of an artifact: {coordinates!r}")
    algorithm, _, sha256 = checksum.partition(":")
    if algorithm != "sha256" or len(sha256) != 64:
        raise LockError(f"not a SHA-256 checksum: {checksum!r}")
    return Artifact(
        group=group,
        name=name,
        version=version,
        packaging=packaging,
        classifier=classifier,
        size_bytes=int(size),
        sha256=sha256,
        sets=tuple(sets.split(",")),
    )


def parse(text: str) -> list[Artifact]:
    """Read a whole lock; lines that start with # are comments."""
    return [parse_line(line) for line in text.splitlines() if line.strip() and not line.startswith("#")]


def render(artifacts: list[Artifact]) -> str:
    """Write a whole lock, sorted so that a change shows as one line of a diff."""
    lines = sorted(artifact.line() for artifact in artifacts)
    return "\n".join(["# Written by `make lock` from the poms beside it; read by fetch.py.", *lines]) + "\n"


def read() -> list[Artifact]:
    """Read the committed lock."""
    return parse(LOCK_FILE.read_text())
