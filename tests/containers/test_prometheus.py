"""Prometheus in the network of a stack of containers: it scrapes every service and can evaluate every rule."""

import json
import os
import subprocess
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from service_kit.testing import wait_until
from support.stack import PROJECT, Stack

FILES = ("compose.yaml", "compose.observability.yaml")
# Scraped and evaluated every 15 s, from a random moment on.
SEEN_WITHIN_S = 60
pytestmark = pytest.mark.skipif(os.environ.get("RUNTIME") != "docker", reason="needs containers: RUNTIME=docker")


def docker(*arguments: str, **environment: str) -> str:
    done = subprocess.run(
        ["docker", *arguments], env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def project_of(stack: Stack) -> str:
    """The name of the stack's project in Compose."""
    pid = stack.pid("ingest-api")
    containers = json.loads(docker("inspect", *docker("ps", "--quiet").split()))
    mine = next(container for container in containers if container["State"]["Pid"] == pid)
    return str(mine["Config"]["Labels"]["com.docker.compose.project"])


@pytest.fixture
def prometheus(stack: Stack) -> Iterator[str]:
    """Prometheus' address; its container and data are gone afterwards, the stack's stay."""
    project, port = project_of(stack), 9090 + stack.port_offset
    files = [word for name in FILES for word in ("--file", str(PROJECT / "infra" / "compose" / name))]
    compose = ["compose", "--project-name", project, *files]
    docker(*compose, "up", "--detach", "--no-deps", "--build", "prometheus", PROMETHEUS_PORT=str(port))
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        docker(*compose, "rm", "--stop", "--force", "prometheus")
        docker("volume", "rm", f"{project}_prometheus")


async def test_every_service_is_scraped_and_every_rule_is_evaluated(prometheus: str, http: httpx.AsyncClient) -> None:
    async def ask(what: str) -> Any:
        try:
            return (await http.get(f"{prometheus}/api/v1/{what}")).json()["data"]
        except httpx.TransportError:
            return {"activeTargets": [], "groups": []}

    async def scraped() -> bool:
        targets = (await ask("targets"))["activeTargets"]
        return bool(targets) and all(target["health"] == "up" for target in targets)

    async def evaluated() -> bool:
        rules = [rule for group in (await ask("rules"))["groups"] for rule in group["rules"]]
        return bool(rules) and all(rule["health"] == "ok" for rule in rules)

    await wait_until(scraped, deadline_s=SEEN_WITHIN_S, otherwise="not every service is scraped")
    await wait_until(evaluated, deadline_s=SEEN_WITHIN_S, otherwise="not every rule can be evaluated")
    firing = [alert["labels"]["alertname"] for alert in (await ask("alerts"))["alerts"] if alert["state"] == "firing"]
    assert not firing, "a quiet stack raises an alarm"
