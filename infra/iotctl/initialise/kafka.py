"""Kafka's storage: an id for the cluster, and the controller's first log."""

from __future__ import annotations

import base64
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path

from iotctl.install.commands import run
from iotctl.paths import INFRA


def cluster_id() -> str:
    """Return a random cluster id as Kafka writes them: 22 characters of URL-safe base 64, no leading dash."""
    while (text := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return text


def initialise(environment: Mapping[str, str]) -> None:
    """Format the storage, unless that is done."""
    data = Path(environment["KAFKA_DATA_DIR"])
    done = data.with_name("kafka.initialised")
    if done.exists():
        return
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    command: list[str | Path] = [
        *(Path(environment["IOT_JAVA_HOME"]) / "bin" / "java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"),
        *(f"-Dlog4j2.configurationFile={INFRA / 'kafka' / 'log4j2.yaml'}",),
        *("-cp", f"{environment['IOT_JARS_DIR']}/kafka/*", "kafka.tools.StorageTool", "format", "--standalone"),
        *("--cluster-id", cluster_id(), "--config", INFRA / "kafka" / "server.properties"),
    ]
    run("kafka", command, more=environment)
    done.touch()
