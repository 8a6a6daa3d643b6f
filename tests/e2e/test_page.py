"""The dashboard's page in a real browser: values move, and the console stays silent."""

import os
import re
import shutil
from collections.abc import AsyncIterator

import pytest
from httpx import AsyncClient
from playwright.async_api import Page, async_playwright, expect

from support.stack import Stack

pytestmark = pytest.mark.timeout(180)
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    if CHROMIUM is None:
        pytest.skip("no Chromium here: install it (apt-get install chromium) or name it in CHROMIUM")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield await browser.new_page(viewport={"width": 1440, "height": 1000})
        await browser.close()


@pytest.fixture
async def running_fleet(stack: Stack, http: AsyncClient) -> AsyncIterator[None]:
    assert (await http.post(f"{stack.url('simulator')}/v1/start")).is_success
    yield
    await http.post(f"{stack.url('simulator')}/v1/stop")


@pytest.mark.usefixtures("running_fleet")
async def test_live_values_change_and_the_console_is_silent(stack: Stack, page: Page) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
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
