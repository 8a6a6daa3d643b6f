"""Pictures of a running stack's page, for the README: on a desk, in the dark, on a phone, in French, of one sensor.

They are WebP, which a browser writes itself, at a quality at which small text stays sharp.
"""

import asyncio
import base64
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, async_playwright, expect

from support.browser import CHROMIUM, FLAGS, MISSING
from support.stack import PROJECT, running_stack

FOLDER = PROJECT / "docs" / "images"
QUALITY = 70
MAX_KIB = 300
OVERVIEW = "#explore?sensor_type=temperature&range=24h"
OVERVIEW_PANELS = ("day", "types", "locations", "explore", "chart", "sensors", "windows", "totals", "kept")
# So that the live chart has its lines and the socket its latencies.
LIVE_POINTS_MS = 20_000


@dataclass(frozen=True)
class Picture:
    """One picture: its file, and how the page is looked at."""

    file: str
    width: int
    height: int
    locale: str = "en-GB"
    scheme: Literal["light", "dark"] = "light"
    whole: bool = True
    view: str = OVERVIEW
    panels: tuple[str, ...] = OVERVIEW_PANELS


PICTURES = (
    Picture("dashboard.webp", 1440, 1000),
    Picture("dashboard-dark.webp", 1440, 1000, scheme="dark"),
    Picture("dashboard-phone.webp", 390, 844, whole=False),
    Picture("dashboard-french.webp", 1440, 1000, locale="fr-FR"),
    Picture(
        *("dashboard-sensor.webp", 1440, 1000),
        view="#sensor?id=SENSOR_001&range=24h",
        panels=("sensor", "sensor-anomalies", "kept"),
    ),
    Picture("dashboard-pipeline.webp", 1440, 470, view="#pipeline", panels=("pipeline",)),
)


async def take(browser: Browser, url: str, picture: Picture) -> Path:
    """Take one picture once every panel has something to show."""
    context = await browser.new_context(
        viewport={"width": picture.width, "height": picture.height},
        locale=picture.locale,
        color_scheme=picture.scheme,
    )
    page = await context.new_page()
    await page.goto(f"{url}/{picture.view}")
    for panel in picture.panels:
        await expect(page.locator(f"#{panel}-empty")).to_be_hidden(timeout=60_000)
    await page.wait_for_timeout(LIVE_POINTS_MS)
    devtools = await context.new_cdp_session(page)
    options = {"format": "webp", "quality": QUALITY, "captureBeyondViewport": picture.whole}
    if picture.whole:
        size = (await devtools.send("Page.getLayoutMetrics"))["cssContentSize"]
        options["clip"] = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
    taken = await devtools.send("Page.captureScreenshot", options)
    await context.close()
    file = FOLDER / picture.file
    file.write_bytes(base64.b64decode(taken["data"]))
    return file


async def main() -> int:
    """Take all pictures; return 1 when one is too large to load with a README."""
    if CHROMIUM is None:
        print(MISSING, file=sys.stderr)
        return 1
    url = running_stack().url("dashboard")
    sizes = {}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        for picture in PICTURES:
            file = await take(browser, url, picture)
            sizes[file] = file.stat().st_size / 1024
            print(f"{file.relative_to(PROJECT)}  {sizes[file]:.0f} KiB")
        await browser.close()
    return int(max(sizes.values()) > MAX_KIB)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
