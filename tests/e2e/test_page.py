"""The dashboard's page in a real browser: values move, and the console stays silent."""

import re
from collections.abc import AsyncIterator

import pytest
from httpx import AsyncClient
from playwright.async_api import Page, expect

from support.stack import Stack

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
async def running_fleet(stack: Stack, http: AsyncClient) -> AsyncIterator[None]:
    assert (await http.post(f"{stack.url('simulator')}/v1/start")).is_success
    yield
    await http.post(f"{stack.url('simulator')}/v1/stop")


@pytest.mark.usefixtures("running_fleet")
async def test_live_values_change_and_the_console_is_silent(stack: Stack, page: Page, complaints: list[str]) -> None:
    await page.goto(stack.url("dashboard"))
    row = page.locator("[data-sensor-id='SENSOR_001']")
    value = row.locator("[data-field='value']")
    await expect(value).to_have_text(re.compile(r"\d"), timeout=20_000)
    first = await value.inner_text()
    await expect(value).not_to_have_text(first, timeout=20_000)
    await expect(page.locator("[data-connection='live']")).to_be_visible()
    assert complaints == []


@pytest.mark.usefixtures("running_fleet")
async def test_a_fault_injected_on_the_page_is_detected(stack: Stack, page: Page) -> None:
    await page.goto(stack.url("dashboard"))
    sensor = page.locator("#demo").get_by_label("Sensor")
    await expect(sensor.locator("option[value='SENSOR_003']")).to_be_attached(timeout=20_000)
    await sensor.select_option("SENSOR_003")
    await page.get_by_role("button", name="Inject").click()
    result = page.locator("#demo-result")
    await expect(result).to_contain_text("Spike on SENSOR_003")
    await expect(result).to_contain_text(re.compile(r"detected [\d.]+ s after"), timeout=30_000)
