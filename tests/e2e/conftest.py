"""A real browser, where there is one."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright

from support.browser import CHROMIUM, FLAGS, MISSING


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """An empty page."""
    if CHROMIUM is None:
        pytest.skip(MISSING)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield await browser.new_page(viewport={"width": 1440, "height": 1000})
        await browser.close()


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """The errors that the page writes to its console, as they come; a blocked script or style is one."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found
