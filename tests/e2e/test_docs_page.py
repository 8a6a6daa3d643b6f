"""`/docs` in a real browser: everything is shown, can be tried, and comes from the service itself."""

import pytest
from httpx import AsyncClient
from playwright.async_api import Page, expect

from support.stack import Stack

pytestmark = pytest.mark.timeout(180)
SERVICES = ("simulator", "ingest-api", "stream-processor", "query-api", "dashboard")


@pytest.mark.parametrize("service", SERVICES)
async def test_every_operation_is_shown_and_nothing_comes_from_elsewhere(
    stack: Stack, http: AsyncClient, page: Page, complaints: list[str], service: str
) -> None:
    home = stack.url(service)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    document = (await http.get(f"{home}/openapi.json")).json()
    operations = [path for path, methods in document["paths"].items() for _ in methods]
    await page.goto(f"{home}/docs")
    shown = page.locator(".opblock")
    await expect(shown).to_have_count(len(operations), timeout=20_000)
    await expect(shown.first).to_be_visible()
    await shown.first.locator("button.opblock-summary-control").click()
    await expect(page.locator(".opblock-body").first).to_be_visible()
    await expect(page).to_have_title(document["info"]["title"])
    assert [address for address in asked if not address.startswith((f"{home}/", "data:"))] == []
    assert complaints == []


async def test_an_operation_can_be_tried_out(stack: Stack, page: Page, complaints: list[str]) -> None:
    await page.goto(f"{stack.url('simulator')}/docs")
    order = page.locator("#operations-fleet-stopFleet")
    await order.locator("button.opblock-summary-control").click()
    await order.get_by_role("button", name="Try it out").click()
    await order.get_by_role("button", name="Execute").click()
    await expect(order.locator(".live-responses-table tbody .response-col_status")).to_contain_text("200")
    assert complaints == []
