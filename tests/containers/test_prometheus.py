"""Prometheus in the network of a stack of containers: it scrapes every service and can evaluate every rule."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from service_kit.testing import wait_until
from support.stack import IN_CONTAINERS, Stack

# Scraped and evaluated every 15 s, from a random moment on.
SEEN_WITHIN_S = 60
pytestmark = pytest.mark.skipif(not IN_CONTAINERS, reason="needs containers: RUNTIME=docker")


@pytest.fixture
def prometheus(stack: Stack) -> Iterator[str]:
    """Prometheus' address; its container is gone afterwards."""
    stack.make("up", WITH="prometheus")
    yield f"http://127.0.0.1:{stack.port('PROMETHEUS')}"
    stack.make("up", WITH="none")
    assert stack.programs().keys().isdisjoint({"prometheus"})


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
