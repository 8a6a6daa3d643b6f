"""HDFS: the NameNode's first image, and the folders that the platform writes into."""

from __future__ import annotations

import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from iotctl.errors import IotctlError
from iotctl.install.commands import run
from iotctl.paths import INFRA
from iotctl.settings import Settings

FOLDERS = ("/iot-data/processed", "/iot-data/anomalies", "/iot-data/analytics", "/iot-data/checkpoints")


def initialise(environment: Mapping[str, str]) -> None:
    """Format the NameNode, unless that is done."""
    name_dir = Path(environment["NAMENODE_DATA_DIR"])
    done = name_dir.with_name("namenode.initialised")
    if done.exists():
        return
    for folder in (name_dir, Path(environment["DATANODE_DATA_DIR"])):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    run("namenode", [INFRA / "hdfs" / "start-namenode", "-format", "-nonInteractive"], more=environment)
    done.touch()


def ensure_folders(settings: Settings, user: str) -> None:
    """Make the platform's folders (WebHDFS: no JVM to start); what is there stays."""
    for folder in FOLDERS:
        address = f"{settings.url('NAMENODE_HTTP')}/webhdfs/v1{folder}?op=MKDIRS&permission=750&user.name={user}"
        try:
            with urllib.request.urlopen(urllib.request.Request(address, method="PUT"), timeout=30) as response:
                made = json.load(response)["boolean"]
        except OSError as error:
            raise IotctlError("hdfs", f"{folder}: {error}", "make logs SERVICE=namenode") from error
        if not made:
            raise IotctlError("hdfs", f"{folder} could not be made", "make logs SERVICE=namenode")
