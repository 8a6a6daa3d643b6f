"""Lays out the jars: a folder for each class path, and the distributions of the metastore and of Trino unpacked."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing
from pathlib import Path

from jars.fetch import Fetcher, Progress, is_unpacked
from jars.lockfile import Artifact

SETS = ("kafka", "hdfs", "hive", "spark")
"""What every stack needs; Trino's only where it is asked for."""
TRINO = "trino"
METASTORE = "hive-standalone-metastore"
SERVER = "trino-server"


def keep(member: str) -> bool:
    """Tell which members of the metastore's archive are needed: its jars and PostgreSQL's schema."""
    in_lib = member.startswith("lib/") and member.endswith(".jar")
    return in_lib or member.startswith("scripts/metastore/upgrade/postgres/")


def keep_of_trino(member: str) -> bool:
    """Tell which members of Trino's archive are needed: the server, and the one connector of some sixty."""
    return member.startswith(("lib/", "plugin/iceberg/"))


def of_sets(artifacts: list[Artifact], names: Collection[str]) -> list[Artifact]:
    """Return the artifacts that belong to any of these class paths."""
    return [artifact for artifact in artifacts if set(artifact.sets) & set(names)]


def lay_out(folder: Path, artifacts: list[Artifact], progress: Progress) -> None:
    """Fetch what every stack needs and is missing or damaged, check all of it, lay it out. Raises FetchError."""
    wanted = of_sets(artifacts, SETS)
    with closing(Fetcher(folder, progress)) as fetcher:
        fetcher.begin(sorted(wanted, key=lambda artifact: -artifact.size_bytes))
        for set_name in SETS:
            fetcher.finish_set(set_name, wanted)
        fetcher.finish_archive(_named(METASTORE, wanted), folder / "hive-metastore", keep)


def lay_out_trino(folder: Path, artifacts: list[Artifact], progress: Progress) -> None:
    """Fetch Trino's server and command line, check and lay them out. Raises FetchError.

    The archive goes when it is unpacked: it is nearly twice what is kept of it.
    """
    wanted = of_sets(artifacts, (TRINO,))
    with closing(Fetcher(folder, progress)) as fetcher:
        fetcher.begin(wanted)
        fetcher.finish_set(TRINO, wanted)
        server = _named(SERVER, wanted)
        fetcher.finish_archive(server, folder / SERVER, keep_of_trino)
        fetcher.forget(server)


def has_trino(folder: Path, artifacts: list[Artifact]) -> bool:
    """Tell whether the server and the command line that the lock names are laid out."""
    wanted = of_sets(artifacts, (TRINO,))
    jars = [folder / TRINO / artifact.filename for artifact in wanted if artifact.packaging == "jar"]
    return is_unpacked(_named(SERVER, wanted), folder / SERVER) and all(jar.exists() for jar in jars)


def _named(name: str, artifacts: list[Artifact]) -> Artifact:
    return next(artifact for artifact in artifacts if artifact.name == name)
