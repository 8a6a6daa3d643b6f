"""The page and its assets."""

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse

from dashboard.dependencies import CurrentRuntime

REVALIDATE = "no-cache"
IMMUTABLE = "public, max-age=31536000, immutable"

router = APIRouter(include_in_schema=False)


@router.get("/")
async def index(runtime: CurrentRuntime) -> FileResponse:
    """The page; revalidated each time, since it names the assets of the current build."""
    return FileResponse(await runtime.page.index(), headers={"Cache-Control": REVALIDATE})


@router.get("/assets/{name}")
async def asset(runtime: CurrentRuntime, name: str) -> FileResponse:
    """A script, style sheet or picture; its name changes with its content, so it may be cached forever."""
    path = runtime.page.asset(name)
    if path is None:
        raise HTTPException(404, "No such asset; reload the page to get the current build")
    return FileResponse(path, headers={"Cache-Control": IMMUTABLE})
