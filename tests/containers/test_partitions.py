"""One link of the network out for half a minute: nothing is lost, and all comes back by itself."""

import asyncio
import os
import shutil
from typing import Any
from uuid import uuid4

import httpx
import pytest

from containers.links import cut
from service_kit.testing import wait_until
from support.counting import wait_for_count
from support.readings import a_reading
from support.stack import IN_CONTAINERS, Stack

CUT_S = 30
READY_WITHIN_S = 60
PAUSE_S = 0.5
LINKS = {
    ("ingest-api", "kafka"): "Kafka",
    ("stream-processor", "datanode"): "",  # a write waits longer than the link is out
    ("stream-processor", "metastore"): "",
    ("query-api", "namenode"): "HDFS",
    ("query-api", "postgres"): "PostgreSQL",
}
pytestmark = [
    pytest.mark.skipif(not IN_CONTAINERS, reason="links are cut between containers: RUNTIME=docker"),
    pytest.mark.skipif(os.getuid() != 0, reason="cutting links takes root"),
    pytest.mark.skipif(
        not (shutil.which("nsenter") and shutil.which("iptables")), reason="nsenter or iptables is not here"
    ),
]


async def keep_posting(stack: Stack, http: httpx.AsyncClient, sensor_id: str, accepted: list[str]) -> None:
    """Post reading after reading; one that is not acknowledged is sent again with the same id, as senders do."""
    while True:
        reading = a_reading(sensor_id)
        while True:
            try:
                answer = await http.post(f"{stack.url('ingest-api')}/v1/readings", json=reading)
                if answer.status_code == 202:
                    break
            except httpx.TransportError:
                pass
            await asyncio.sleep(PAUSE_S)
        accepted.append(reading["reading_id"])
        await asyncio.sleep(PAUSE_S / 5)


async def missing(stack: Stack, http: httpx.AsyncClient, service: str) -> dict[str, Any]:
    document: dict[str, Any] = (await http.get(f"{stack.url(service)}/readyz")).json()["missing"]
    return document


async def reasons_for(seconds: float, stack: Stack, http: httpx.AsyncClient, service: str) -> str:
    """All that a service says of what it misses in so many seconds, asked once a second; that long the link is out."""
    loop = asyncio.get_running_loop()
    until, said = loop.time() + seconds, ""
    while loop.time() < until:
        said += str(await missing(stack, http, service))
        await asyncio.sleep(1)
    return said


@pytest.mark.timeout(420)
@pytest.mark.parametrize("link", LINKS, ids=lambda link: "-".join(link))
async def test_a_link_that_is_out_for_half_a_minute_costs_nothing(
    stack: Stack, http: httpx.AsyncClient, link: tuple[str, str]
) -> None:
    here, there = link
    sensor_id, accepted = f"CUT_{uuid4().hex[:8]}", list[str]()
    posting = asyncio.create_task(keep_posting(stack, http, sensor_id, accepted))
    reasons = ""
    try:
        await wait_until(lambda: len(accepted) > 10, deadline_s=30, otherwise="nothing is accepted")
        with cut(stack, here, there):
            reasons = await reasons_for(CUT_S, stack, http, here)

        async def ready() -> bool:
            return not await missing(stack, http, here)

        await wait_until(ready, deadline_s=READY_WITHIN_S, otherwise=f"{here} is not ready again")
    finally:
        posting.cancel()
        await asyncio.gather(posting, return_exceptions=True)
    assert LINKS[link] in reasons, f"{here} did not say that {there} is away: {reasons}"
    # The last one may have been acknowledged after its sender was stopped.
    await wait_for_count(stack, http, sensor_id, len(accepted), source="table", or_one_more=True)
