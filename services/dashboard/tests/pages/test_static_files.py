"""Only files of the built page are found."""

from pathlib import Path

import pytest

from dashboard.errors import PageNotBuiltError
from dashboard.pages.static_files import BuiltPage


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("<!doctype html>")
    (dist / "assets" / "main-ABCD.js").write_text("1")
    (tmp_path / "secret.txt").write_text("secret")
    return dist


async def test_the_page_and_its_assets_are_found(folder: Path) -> None:
    page = BuiltPage(folder)
    assert await page.missing() is None
    assert await page.index() == folder / "index.html"
    assert page.asset("main-ABCD.js") == folder / "assets" / "main-ABCD.js"


@pytest.mark.parametrize("name", ["../index.html", "../../secret.txt", "..", ".", "", "none.js", "/etc/passwd", "a/b"])
def test_a_name_never_leads_out_of_the_assets(folder: Path, name: str) -> None:
    assert BuiltPage(folder).asset(name) is None


async def test_a_page_that_is_not_built_says_how_to_build_it(tmp_path: Path) -> None:
    page = BuiltPage(tmp_path / "dist")
    with pytest.raises(PageNotBuiltError, match="npm ci && npm run build"):
        await page.index()
    assert "DASHBOARD_STATIC_DIR" in str(await page.missing())
