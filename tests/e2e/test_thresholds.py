"""Thresholds on a sensor's page in a real browser: tried out on what was stored, saved, and not overwritten."""

from typing import Any

import pytest
from httpx import AsyncClient
from playwright.async_api import Page, expect

from service_kit.testing import wait_until
from support.readings import a_reading, a_sensor
from support.stack import Stack

pytestmark = pytest.mark.timeout(180)


async def opened(http: AsyncClient, query_api: str, sensor: str, **limits: float) -> tuple[int, int]:
    """What query-api says to the same question: alerts that would have been, and readings."""
    rule = (await http.get(f"{query_api}/v1/rules/abnormal-value")).json()["rule"]
    written = {name: value for name, value in rule.items() if name not in ("version", "deleted", "selectors")}
    question = {
        "rule": {**written, "selectors": {"sensor_ids": [sensor]}},
        "sensors": [{"sensor_id": sensor, **limits}],
    }
    answer = (await http.post(f"{query_api}/v1/rules/backtest", json=question)).json()
    return answer["opened"], answer["readings"]


async def stored_sensor(http: AsyncClient, stack: Stack) -> str:
    """A sensor with three readings of normal values, in the table and in the database."""
    sensor = a_sensor("page")
    query_api = stack.url("query-api")
    readings = [a_reading(sensor, value=value) for value in (20.5, 21.5, 20.5)]
    assert (await http.post(f"{stack.url('ingest-api')}/v1/readings", json=readings)).is_success

    async def is_stored() -> bool:
        known = (await http.get(f"{query_api}/v1/sensors/{sensor}")).is_success
        return known and await opened(http, query_api, sensor) == (0, 3)

    await wait_until(is_stored, deadline_s=60, otherwise=f"{sensor} is not in the table")
    return sensor


async def limits_of(http: AsyncClient, stack: Stack, sensor: str) -> tuple[Any, Any]:
    kept = (await http.get(f"{stack.url('query-api')}/v1/sensors/{sensor}")).json()
    return kept["low"], kept["high"]


async def test_thresholds_are_tried_out_before_they_are_saved(
    stack: Stack, http: AsyncClient, page: Page, complaints: list[str]
) -> None:
    sensor = await stored_sensor(http, stack)
    await page.goto(f"{stack.url('dashboard')}/?lang=en#sensor?id={sensor}&range=1h")
    preview, save = page.locator("#thresholds-preview"), page.get_by_role("button", name="Save")
    await expect(preview).to_have_text("Would have alerted 0 times in the last 7 days (3 readings)", timeout=20_000)
    await expect(save).to_be_disabled()
    await page.get_by_label("Highest normal value").fill("21")
    alerts, readings = await opened(http, stack.url("query-api"), sensor, high=21.0)
    assert alerts == 1
    text = f"Would have alerted {alerts} time in the last 7 days ({readings} readings); what is in force: 0"
    await expect(preview).to_have_text(text)
    assert await limits_of(http, stack, sensor) == (None, None), "nothing is saved by trying"
    await save.click()
    await expect(page.locator("#thresholds-result")).to_contain_text("Saved")
    assert await limits_of(http, stack, sensor) == (None, 21.0)
    await page.get_by_label("Lowest normal value").fill("30")
    await expect(preview).to_have_text("The lowest value must be below the highest")
    await expect(save).to_be_disabled()
    await page.get_by_role("button", name="Undo").click()
    await expect(page.get_by_label("Lowest normal value")).to_have_value("")
    assert complaints == []


async def test_what_somebody_else_saved_meanwhile_is_told_and_not_overwritten(
    stack: Stack, http: AsyncClient, page: Page
) -> None:
    sensor = await stored_sensor(http, stack)
    await page.goto(f"{stack.url('dashboard')}/?lang=en#sensor?id={sensor}&range=1h")
    await page.get_by_label("Highest normal value").fill("24")
    other = await http.patch(f"{stack.url('query-api')}/v1/sensors/{sensor}", json={"high": 23})
    assert other.is_success
    save = page.get_by_role("button", name="Save")
    await save.click()
    result = page.locator("#thresholds-result")
    await expect(result).to_contain_text("Somebody else changed the thresholds meanwhile, to as its type and 23.00")
    assert await limits_of(http, stack, sensor) == (None, 23.0)
    await expect(page.get_by_label("Highest normal value")).to_have_value("24")
    await save.click()
    await expect(result).to_contain_text("Saved")
    assert await limits_of(http, stack, sensor) == (None, 24.0)


async def test_words_of_query_api_are_shown_when_it_refuses(stack: Stack, http: AsyncClient, page: Page) -> None:
    sensor = await stored_sensor(http, stack)
    await page.goto(f"{stack.url('dashboard')}/?lang=en#sensor?id={sensor}&range=1h")
    # Further out than any value may be; the dashboard passes it on.
    await page.get_by_label("Highest normal value").fill("1e200")
    await page.get_by_role("button", name="Save").click()
    refused = await http.patch(f"{stack.url('query-api')}/v1/sensors/{sensor}", json={"low": None, "high": 1e200})
    assert refused.status_code == 422
    await expect(page.locator("#thresholds-result")).to_have_text(refused.json()["detail"])


async def test_a_sensor_that_is_not_known_yet_has_its_thresholds_soon(
    stack: Stack, http: AsyncClient, page: Page
) -> None:
    sensor = a_sensor("page")
    await page.goto(f"{stack.url('dashboard')}/?lang=en#sensor?id={sensor}&range=1h")
    await expect(page.locator("#thresholds-note")).to_contain_text("No reading of this sensor is known")
    await expect(page.get_by_label("Highest normal value")).to_be_disabled()
    assert (await http.post(f"{stack.url('ingest-api')}/v1/readings", json=a_reading(sensor))).is_success
    await expect(page.get_by_label("Highest normal value")).to_be_enabled(timeout=30_000)
