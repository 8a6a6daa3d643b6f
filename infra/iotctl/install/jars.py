"""Lays out `.local/jars`: a folder per class path, and the metastore's distribution unpacked."""

from __future__ import annotations

from iotctl.errors import IotctlError
from iotctl.paths import JARS
from iotctl.steps import Steps
from jars import lockfile
from jars.fetch import Fetcher, FetchError

SETS = ("kafka", "hdfs", "hive", "spark")
METASTORE = "hive-standalone-metastore"


def keep(member: str) -> bool:
    """Tell which members of the metastore's archive are needed: its jars and PostgreSQL's schema."""
    in_lib = member.startswith("lib/") and member.endswith(".jar")
    return in_lib or member.startswith("scripts/metastore/upgrade/postgres/")


def install(steps: Steps) -> None:
    """Fetch what is missing or damaged, check all of it, lay it out."""
    artifacts = lockfile.read()
    total = sum(artifact.size_bytes for artifact in artifacts)
    with steps.download("jars: downloading and checking", f"jars ({total / 1e6:.0f} MB, checked)", total) as progress:
        fetcher = Fetcher(JARS, progress)
        try:
            fetcher.begin(sorted(artifacts, key=lambda artifact: -artifact.size_bytes))
            for set_name in SETS:
                fetcher.finish_set(set_name, artifacts)
            archive = next(artifact for artifact in artifacts if artifact.name == METASTORE)
            fetcher.finish_archive(archive, JARS / "hive-metastore", keep)
        except FetchError as error:
            raise IotctlError("jars", str(error), "check the network, then run the same again") from error
        finally:
            fetcher.close()
