"""The pipeline's page in a real browser: its numbers are the services' own, and it says what is away."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import AsyncClient
from playwright.async_api import Page, expect

from service_kit.testing import wait_until
from support.stack import Stack

pytestmark = pytest.mark.timeout(240)
STAGES = ["simulator", "ingest-api", "kafka", "stream-processor", "tables", "query-api", "dashboard"]


@pytest.fixture
async def running_fleet(stack: Stack, http: AsyncClient) -> AsyncIterator[None]:
    assert (await http.post(f"{stack.url('simulator')}/v1/start")).is_success
    yield
    await http.post(f"{stack.url('simulator')}/v1/stop")


@pytest.mark.usefixtures("running_fleet")
async def test_readings_flow_through_every_stage(stack: Stack, page: Page, complaints: list[str]) -> None:
    await page.goto(f"{stack.url('dashboard')}/#pipeline")
    cards = page.locator("#pipeline-stages li")
    await expect(cards).to_have_count(len(STAGES), timeout=20_000)
    assert [await card.get_attribute("data-stage") for card in await cards.all()] == STAGES
    for card in await cards.all():
        await expect(card).to_have_attribute("data-health", "ready", timeout=30_000)
        await expect(card.locator("dd").first).to_have_text(re.compile(r"^[1-9][\d.]* /s$"), timeout=60_000)
    await expect(page.locator("#pipeline-note")).to_have_text("Every stage is ready")
    await expect(page.locator("#chart-title")).to_be_hidden()
    assert complaints == []


async def test_its_numbers_are_the_services_own(stack: Stack, http: AsyncClient, page: Page) -> None:
    query_api = stack.url("query-api")

    async def answer(path: str) -> Any:
        return (await http.get(f"{query_api}{path}")).json()

    async def expected() -> dict[str, int]:
        held, summary, alerts = await answer("/v1/status"), await answer("/v1/summary"), await answer("/v1/alerts")
        return {
            "rows": held["rows"]["cold"] + held["rows"]["recent"],
            "tail": held["rows"]["tail"],
            "files": held["files"],
            "snapshots": held["snapshots"],
            "alerts": sum(alerts["open"].values()),
            "anomalies": summary["anomalies"],
            "anomalies-24h": summary["anomalies_24h"],
        }

    async def is_the_same() -> bool:
        shown = {name: await page.locator(f"#pipeline-{name}").inner_text() for name in await expected()}
        return shown == {name: f"{figure:,}" for name, figure in (await expected()).items()}

    await page.goto(f"{stack.url('dashboard')}/?lang=en#pipeline")
    await wait_until(is_the_same, deadline_s=60, otherwise=f"the page does not show {await expected()}")


async def test_a_stage_that_is_away_is_shown_with_its_cause_and_the_others_stay(stack: Stack, page: Page) -> None:
    await page.goto(f"{stack.url('dashboard')}/#pipeline")
    simulator = page.locator("[data-stage='simulator']")
    await expect(simulator).to_have_attribute("data-health", "ready", timeout=20_000)
    stack.make("stop", SERVICE="simulator")
    try:
        await expect(simulator).to_have_attribute("data-health", "no_answer", timeout=20_000)
        await expect(simulator).to_contain_text(re.compile(r"simulator at http://\S+ does not answer"))
        await expect(page.locator("#pipeline-note")).to_contain_text("simulator")
        for name in STAGES[1:]:
            await expect(page.locator(f"[data-stage='{name}']")).to_have_attribute("data-health", "ready")
    finally:
        stack.make("start", SERVICE="simulator")
    await expect(simulator).to_have_attribute("data-health", "ready", timeout=60_000)


async def test_the_services_are_asked_only_while_the_page_is_looked_at(stack: Stack, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/v1/pipeline") else None)
    await page.goto(stack.url("dashboard"))
    await expect(page.locator("[data-connection='live']")).to_be_visible(timeout=20_000)
    assert asked == []
    await page.get_by_role("link", name="Pipeline").click()
    await expect(page.locator("#pipeline-stages li")).to_have_count(len(STAGES), timeout=20_000)
    assert asked
    await page.get_by_role("link", name="Overview").click()
    await expect(page.locator("#pipeline-title")).to_be_hidden()
    so_far = len(asked)
    async with page.expect_response("**/api/summary"):
        pass
    async with page.expect_response("**/api/summary"):
        pass
    assert len(asked) == so_far, "two answers to a question that is asked every 5 s later"
