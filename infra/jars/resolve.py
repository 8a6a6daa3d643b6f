"""For maintainers: let Maven resolve the poms and write the result to `jars.lock`."""

from __future__ import annotations

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from jars import layout
from jars.fetch import sha256_of
from jars.lockfile import LOCK_FILE, Artifact, render

SETS = (*layout.SETS, layout.TRINO)
_ARCHIVES = (".tar.gz", ".jar")


def artifact_of(path: Path, repository: Path, sets: tuple[str, ...]) -> Artifact:
    """Describe a file of a folder in repository layout (group as folders, then artifact, then version)."""
    *group, name, version = path.parent.relative_to(repository).parts
    suffix = next(suffix for suffix in _ARCHIVES if path.name.endswith(suffix))
    classifier = path.name.removeprefix(f"{name}-{version}").removesuffix(suffix).lstrip("-")
    return Artifact(
        group=".".join(group),
        name=name,
        version=version,
        packaging=suffix.lstrip("."),
        classifier=classifier,
        size_bytes=path.stat().st_size,
        sha256=sha256_of(path),
        sets=sets,
    )


def _copy_dependencies(set_name: str, target: Path) -> None:
    subprocess.run(
        [
            *("mvn", "--batch-mode", "--quiet", "--non-recursive"),
            *("--file", str(LOCK_FILE.parent / set_name / "pom.xml")),
            *("dependency:copy-dependencies", "-DincludeScope=runtime"),
            *("-Dmdep.useRepositoryLayout=true", f"-DoutputDirectory={target}"),
        ],
        check=True,
    )


def resolve() -> list[Artifact]:
    """Run Maven for each class path and return what it brought."""
    found: dict[str, Artifact] = {}
    with TemporaryDirectory() as folder:
        for set_name in SETS:
            repository = Path(folder) / set_name
            _copy_dependencies(set_name, repository)
            for path in sorted(p for p in repository.rglob("*") if p.name.endswith(_ARCHIVES)):
                artifact = artifact_of(path, repository, (set_name,))
                known = found.get(artifact.coordinates)
                sets = (*known.sets, set_name) if known else (set_name,)
                found[artifact.coordinates] = artifact_of(path, repository, sets)
    return list(found.values())


def write_lock() -> int:
    """Resolve and write the lock; return the number of artifacts in it."""
    artifacts = resolve()
    LOCK_FILE.write_text(render(artifacts))
    return len(artifacts)
