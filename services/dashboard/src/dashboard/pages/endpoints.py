"""The page and its assets."""

from typing import cast

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse

from dashboard.runtime import Runtime

ALWAYS_ASK = "no-cache"
NEVER_CHANGES = "public, max-age=31536000, immutable"

router = APIRouter(include_in_schema=False)


@router.get("/")
async def index(request: Request) -> FileResponse:
    """The page; asked for anew each time, since it names the assets of the current build."""
    page = cast(Runtime, request.app.state.runtime).page
    return FileResponse(await page.index(), headers={"Cache-Control": ALWAYS_ASK})


@router.get("/assets/{name}")
async def asset(request: Request, name: str) -> FileResponse:
    """A script, style sheet or picture; its name changes with its content, so it may be kept for good."""
    path = cast(Runtime, request.app.state.runtime).page.asset(name)
    if path is None:
        raise HTTPException(404, "No such asset; reload the page to get the current build")
    return FileResponse(path, headers={"Cache-Control": NEVER_CHANGES})
