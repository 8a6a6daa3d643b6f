"""Lays out the jars: a folder for each class path, and the metastore's distribution unpacked."""

from __future__ import annotations

from pathlib import Path

from jars.fetch import Fetcher, Progress
from jars.lockfile import Artifact

SETS = ("kafka", "hdfs", "hive", "spark")
METASTORE = "hive-standalone-metastore"


def keep(member: str) -> bool:
    """Tell which members of the metastore's archive are needed: its jars and PostgreSQL's schema."""
    in_lib = member.startswith("lib/") and member.endswith(".jar")
    return in_lib or member.startswith("scripts/metastore/upgrade/postgres/")


def lay_out(folder: Path, artifacts: list[Artifact], progress: Progress) -> None:
    """Fetch what is missing or damaged, check all of it, lay it out. Raises FetchError."""
    fetcher = Fetcher(folder, progress)
    try:
        fetcher.begin(sorted(artifacts, key=lambda artifact: -artifact.size_bytes))
        for set_name in SETS:
            fetcher.finish_set(set_name, artifacts)
        archive = next(artifact for artifact in artifacts if artifact.name == METASTORE)
        fetcher.finish_archive(archive, folder / "hive-metastore", keep)
    finally:
        fetcher.close()
