"""The built page on disk: `index.html` and `assets/` with a hash of their content in every name."""

import re
from pathlib import Path

from dashboard.errors import PageNotBuiltError

_ASSET_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


class BuiltPage:
    """Finds the files of the page; a requested name never leads out of the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def missing(self) -> str | None:
        """Why the page cannot be shown, or None when it is built."""
        if (self._folder / "index.html").is_file():
            return None
        return (
            f"there is no built page in {self._folder}; run `npm ci && npm run build` in "
            "services/dashboard/frontend, or set DASHBOARD_STATIC_DIR to its folder"
        )

    async def index(self) -> Path:
        """The page itself. Raises PageNotBuiltError when it is missing."""
        if reason := await self.missing():
            raise PageNotBuiltError(reason)
        return self._folder / "index.html"

    def asset(self, name: str) -> Path | None:
        """The file of an asset, or None when there is none with that name."""
        path = self._folder / "assets" / name
        return path if _ASSET_NAME.fullmatch(name) and path.is_file() else None
