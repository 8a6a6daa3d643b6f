"""The analyses' page in a real browser, over a real run: its figures are query-api's."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from playwright.async_api import Page, Route, expect

from service_kit.testing import wait_until
from support.readings import a_reading, a_sensor
from support.stack import Stack

# Three analyses in a Spark application of their own, on a machine that may be busy.
pytestmark = pytest.mark.timeout(900)
ANALYSES = ("descriptive", "battery", "profiles")


@pytest.fixture
async def sensor(stack: Stack, http: AsyncClient) -> str:
    """A sensor whose readings of some hours were analysed."""
    name = a_sensor("analysed")
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=6)
    readings = [
        a_reading(name, value=20.0 + number, timestamp=(start + number * timedelta(hours=1)).isoformat())
        for number in range(6)
    ]
    assert (await http.post(f"{stack.url('ingest-api')}/v1/readings", json=readings)).is_success
    await wait_until(
        lambda: len(stack.scan("iot.readings", "value", where=f"sensor_id = '{name}'")) == len(readings),
        deadline_s=90,
        otherwise="the readings do not reach the table",
    )
    range_ = ("--from", start.isoformat(), "--to", (start + timedelta(hours=6)).isoformat())
    done = await asyncio.to_thread(stack.iotctl, "analyse", *ANALYSES, *range_)
    assert done.returncode == 0, done.stdout + done.stderr
    return name


async def test_a_run_is_listed_and_its_result_is_query_apis(
    stack: Stack, http: AsyncClient, page: Page, sensor: str, complaints: list[str]
) -> None:
    await page.goto(f"{stack.url('dashboard')}/?lang=en")
    await page.get_by_role("link", name="Analyses").click()
    answer: dict[str, Any] = (await http.get(f"{stack.url('query-api')}/v1/analyses")).json()
    rows = page.locator("#analyses-rows tr")
    await expect(rows).to_have_count(len(answer["analyses"]), timeout=20_000)
    run = next(one["last_run"] for one in answer["analyses"] if one["name"] == "battery")
    await expect(rows.locator("nth=4")).to_contain_text(f"{run['input_rows']:,}")
    await expect(page.locator("#analysis")).to_be_hidden()

    await page.get_by_role("link", name="When is which battery empty?").click()
    await expect(page.locator("#analysis-title")).to_have_text("When is which battery empty?", timeout=20_000)
    await expect(page.locator("#analysis-rows tr")).to_have_count(run["rows"], timeout=20_000)
    await expect(page.locator("#analysis-columns")).to_contain_text("Level, %")
    row = page.locator("#analysis-rows tr", has_text=sensor)
    await expect(row).to_contain_text("90.00")
    await expect(row).to_contain_text("fine")
    await expect(page.locator("#chart-title")).to_be_hidden()

    await page.goto(f"{stack.url('dashboard')}/?lang=fr#analyses?name=profiles")
    await expect(page.locator("#analysis-plot")).to_be_visible(timeout=20_000)
    await page.get_by_label("Graphique de").select_option("temperature")
    await expect(page.locator("#analysis-chart-note")).to_contain_text("Température par heure de la journée (UTC), °C")
    await expect(page.locator("#analysis-columns")).to_contain_text("Part anormale")
    assert complaints == []


async def test_before_the_first_run_the_page_says_how_they_run(stack: Stack, page: Page) -> None:
    async def never(route: Route) -> None:
        await route.fulfill(body=json.dumps({"analyses": [{"name": "battery", "last_run": None}]}))

    await page.route("**/api/analyses", never)
    await page.goto(f"{stack.url('dashboard')}/?lang=en#analyses")
    await expect(page.locator("#analyses-empty")).to_contain_text("`iotctl analyse` runs them now", timeout=20_000)
    await expect(page.locator("#analyses-rows tr")).to_contain_text("never")
