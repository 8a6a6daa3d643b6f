"""The dashboard's page in a real browser: values move, and the console stays silent."""

import re
from collections.abc import AsyncIterator
from typing import Literal

import pytest
from httpx import AsyncClient
from playwright.async_api import Page, expect

from support.readings import a_reading, a_sensor
from support.stack import PROJECT, Stack

pytestmark = pytest.mark.timeout(180)
AXE = PROJECT / "services" / "dashboard" / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
BROKEN_RULES = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
    .filter(({impact}) => impact === "serious" || impact === "critical")
    .map(({id, nodes}) => [id, ...nodes.map(({target, any}) => [target, ...any.map(one => one.message)])].join("; "))"""


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


async def test_the_first_load_is_small(stack: Stack, http: AsyncClient) -> None:
    """At most 250 KiB as a browser gets it: the page, its script and its style sheet."""
    home, gzip = stack.url("dashboard"), {"Accept-Encoding": "gzip"}
    page = await http.get(home, headers=gzip)
    assets = re.findall(r'(?:src|href)="/?(assets/[^"]+)"', page.text)
    answers = [page, *[await http.get(f"{home}/{asset}", headers=gzip) for asset in assets]]
    sizes = [answer.num_bytes_downloaded for answer in answers]
    print(f"first load: {sum(sizes) / 1024:.0f} KiB, {sizes}")
    assert len(assets) >= 2
    assert all(answer.status_code == 200 for answer in answers)
    assert sum(sizes) <= 250 * 1024


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


@pytest.mark.usefixtures("running_fleet")
async def test_history_comes_from_query_api(stack: Stack, http: AsyncClient, page: Page, complaints: list[str]) -> None:
    await page.goto(f"{stack.url('dashboard')}/#explore?sensor_id=SENSOR_001&range=1h")
    await expect(page.locator("#explore-legend")).to_contain_text("SENSOR_001", timeout=30_000)
    await expect(page.locator("#day-empty")).to_be_hidden(timeout=30_000)
    asked = await http.get(f"{stack.url('query-api')}/v1/locations", params={"from": "now-24h"})
    names = {row["location"] for row in asked.json()["rows"]}
    await expect(page.locator("#locations-rows tr")).to_have_count(len(names), timeout=30_000)
    sensors = (await http.get(f"{stack.url('query-api')}/v1/summary")).json()["sensors_total"]
    await expect(page.locator("[data-day='sensors'] .figure")).to_contain_text(f"/ {sensors}", timeout=30_000)
    assert complaints == []


async def test_an_alert_is_acknowledged_and_resolved_on_the_page(
    stack: Stack, http: AsyncClient, page: Page, complaints: list[str]
) -> None:
    sensor = a_sensor("page")
    # Outside the normal range and not far outside: one alert and not two.
    unusual = a_reading(sensor, value=50.0)
    assert (await http.post(f"{stack.url('ingest-api')}/v1/readings", json=unusual)).is_success
    await page.goto(stack.url("dashboard"))
    live = page.locator("#alerts-list button", has_text=sensor)
    await live.click(timeout=60_000)
    row = page.locator("#kept-rows tr", has_text=sensor)
    await page.get_by_label("Your name").fill("Amina")
    await row.get_by_role("button", name="Acknowledge").click(timeout=60_000)
    await expect(row).to_contain_text("acknowledged by Amina")
    await expect(live).to_contain_text("acknowledged")
    await row.get_by_role("button", name="Resolve").click()
    await expect(row).to_contain_text("resolved")
    await expect(row.get_by_role("button")).to_have_count(0)
    await expect(live).to_have_count(0)
    assert complaints == []


@pytest.mark.usefixtures("running_fleet")
async def test_the_page_speaks_french_where_it_is_asked_to(stack: Stack, page: Page, complaints: list[str]) -> None:
    await page.goto(stack.url("dashboard"))
    await expect(page.locator("#chart-title")).to_have_text("Live values")
    await page.get_by_label("Language").select_option("fr")
    await expect(page.locator("#chart-title")).to_have_text("Valeurs en direct")
    await expect(page.locator("html")).to_have_attribute("lang", "fr")
    await expect(page.locator("[data-sensor-id='SENSOR_001']")).to_contain_text("Température", timeout=20_000)
    await expect(page.locator("#zone")).to_contain_text("Heures")
    await page.reload()
    await expect(page.locator("[data-connection='live']")).to_have_text("En direct", timeout=20_000)
    await page.goto(f"{stack.url('dashboard')}/?lang=en")
    await expect(page.locator("#chart-title")).to_have_text("Live values")
    assert complaints == []


@pytest.mark.usefixtures("running_fleet")
async def test_a_sensors_own_page_shows_its_history_alone(
    stack: Stack, http: AsyncClient, page: Page, complaints: list[str]
) -> None:
    sensor = a_sensor("page")
    readings = [a_reading(sensor, value=value) for value in (20.5, 21.5, 50.0)]
    accepted = await http.post(f"{stack.url('ingest-api')}/v1/readings", json=readings)
    assert accepted.is_success
    # Of a sensor whose reading is still on its way the page would rightly hear that it is not known.
    after = {"after": accepted.json()["position"]}
    assert (await http.get(f"{stack.url('query-api')}/v1/latest", params=after)).is_success
    await page.goto(f"{stack.url('dashboard')}/#sensor?id={sensor}&range=1h")
    await expect(page.locator("#sensor-title")).to_have_text(sensor)
    await expect(page.locator("#sensor-shown")).to_contain_text("3 readings", timeout=60_000)
    await expect(page.locator("#sensor-anomalies-rows tr")).to_have_count(1, timeout=60_000)
    await expect(page.locator("#kept-rows tr")).to_have_count(1, timeout=60_000)
    await expect(page.locator("#chart-title")).to_be_hidden()
    await page.get_by_role("link", name="Overview").click()
    await expect(page.locator("#chart-title")).to_be_visible()
    await expect(page.locator("#sensor-title")).to_be_hidden()
    await page.locator("#sensors-rows").get_by_role("link", name=sensor).click()
    await expect(page.locator("#sensor-title")).to_have_text(sensor)
    assert complaints == []


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: npm ci in the frontend's folder")
@pytest.mark.usefixtures("running_fleet")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("place", "filled"),
    [
        ("?lang=en", "#kept-rows tr"),
        ("?lang=fr#sensor?id=SENSOR_001", "#kept-rows tr"),
        ("?lang=en#pipeline", "#pipeline-stages li"),
        ("?lang=fr#analyses?name=battery", "#analyses-rows tr"),
    ],
)
async def test_nothing_keeps_people_with_aids_from_the_page(
    stack: Stack, page: Page, place: str, filled: str, scheme: Literal["light", "dark"]
) -> None:
    await page.emulate_media(color_scheme=scheme)
    await page.goto(f"{stack.url('dashboard')}/{place}")
    await expect(page.locator(filled).first).to_be_visible(timeout=60_000)
    await page.evaluate(AXE.read_text())
    assert await page.evaluate(BROKEN_RULES) == []
