"""Holds who may import what.

The bug behind it: two services that share a module can no longer be deployed, pinned or understood apart, and a driver
that is imported anywhere turns pure code into code that needs a broker to be tested. So: contracts import nothing of
ours, domain and kit only contracts, no service imports another, and a driver only where `DRIVERS` names it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
CONTRACTS, DOMAIN, KIT = "iot_contracts", "iot_domain", "service_kit"
SERVICES = ("dashboard", "ingest_api", "query_api", "simulator", "stream_processor")
OURS = frozenset({CONTRACTS, DOMAIN, KIT, *SERVICES})

DRIVER_PACKAGES = frozenset({"aiokafka", "asyncpg", "duckdb", "hdfs_native", "pyspark", "pyiceberg"})
# Modules of a package (patterns of their paths) that may import a driver.
DRIVERS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "contracts": {},
    "domain": {},
    "kit": {"aiokafka": ("kafka.py", "kafka_headers.py")},
    "simulator": {},
    "ingest-api": {"aiokafka": ("publishing/*.py", "access/consumer.py")},
    "stream-processor": {
        "aiokafka": ("kafka_*.py", "*/producer.py", "*/consumer.py"),
        "pyspark": ("*.py",),
    },
    "query-api": {
        "aiokafka": ("lakehouse/*.py", "*/consumer.py"),
        "asyncpg": ("database/*.py",),
        "duckdb": ("lakehouse/*.py",),
        "hdfs_native": ("lakehouse/*.py",),
        "pyiceberg": ("lakehouse/*.py",),
    },
    "dashboard": {"aiokafka": ("live/consumer.py",)},
    # Tools of operators, each with drivers of its own; what counts here is that they know no service.
    "infra": dict.fromkeys(DRIVER_PACKAGES, ("*",)),
}


@dataclass(frozen=True)
class Import:
    """One import statement: the top-level package that it names, and its line."""

    package: str
    line: int


@dataclass(frozen=True)
class Violation:
    """One import that the rules forbid."""

    path: Path
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.reason}"


def imports(source: str) -> Iterator[Import]:
    """Yield the absolute imports of a module, wherever in it they stand."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name.partition(".")[0], node.lineno)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield Import(node.module.partition(".")[0], node.lineno)


def allowed_of_ours(package: str) -> frozenset[str]:
    """Return which of our packages a package may import."""
    if package == CONTRACTS:
        return frozenset({CONTRACTS})
    if package in (DOMAIN, KIT):
        return frozenset({CONTRACTS, package})
    return frozenset({CONTRACTS, DOMAIN, KIT, package})


def check_module(owner: str, package: str, module: str, source: str) -> Iterator[tuple[int, str]]:
    """Yield line and reason of every forbidden import of one module.

    `owner` is the folder's name (`ingest-api`), `package` its Python name, `module` its path inside the package.
    """
    for found in imports(source):
        if found.package in OURS and found.package not in allowed_of_ours(package):
            yield found.line, f"{package} may not import {found.package}"
        if found.package in DRIVER_PACKAGES:
            patterns = DRIVERS[owner].get(found.package, ())
            if not any(fnmatch(module, pattern) for pattern in patterns):
                where = ", ".join(patterns) or "nowhere"
                yield found.line, f"{owner} imports {found.package} in {module}; allowed: {where}"


def packages(project: Path) -> Iterator[tuple[str, Path]]:
    """Yield each of our packages: the owner's name and the package's folder."""
    roots = [(name, project / name) for name in ("contracts", "domain", "kit")]
    roots += [(folder.name, folder) for folder in sorted((project / "services").iterdir())]
    for owner, root in roots:
        for initial in sorted((root / "src").glob("*/__init__.py")):
            yield owner, initial.parent
    for name in ("audit", "invariants", "iotctl"):
        yield "infra", project / "infra" / name


def check(project: Path) -> list[Violation]:
    """Return every violation of the project."""
    return [
        Violation(path.relative_to(project), line, reason)
        for owner, folder in packages(project)
        for path in sorted(folder.rglob("*.py"))
        for line, reason in check_module(
            owner, folder.name, path.relative_to(folder).as_posix(), path.read_text(encoding="utf-8")
        )
    ]


def main() -> int:
    """Print the violations; 1 when there are any."""
    violations = check(PROJECT)
    for violation in violations:
        print(violation)
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
