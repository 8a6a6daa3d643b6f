"""A real browser, where there is one."""

import os
import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A name whose owner lets it stand for this machine, and no help of the browser's own against that.
    "--host-resolver-rules=MAP rebound.example.org 127.0.0.1",
    "--disable-features=LocalNetworkAccessChecks",
)


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """An empty page."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here: install it (apt-get install chromium) or name it in CHROMIUM")
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
