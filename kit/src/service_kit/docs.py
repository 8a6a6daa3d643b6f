"""`/docs`: Swagger UI, all of it from our own files."""

from html import escape
from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse

from service_kit.security_headers import PAGE_POLICY

# Swagger UI's style sheet has its icons in it.
DOCS_POLICY = PAGE_POLICY.replace("img-src 'self'", "img-src 'self' data:")
_SWAGGER_UI_FILES = frozenset({"swagger-ui.css", "swagger-ui-bundle.js"})
_OUR_FILES = frozenset({"start.js", "icon.svg"})
PATHS = frozenset({"/docs", *(f"/docs/{name}" for name in _SWAGGER_UI_FILES | _OUR_FILES)})
_OUR_FOLDER = Path(__file__).parent / "docs_page"
_CACHING = {"Cache-Control": "public, max-age=3600"}

router = APIRouter(include_in_schema=False)


@router.get("/docs")
def page(request: Request) -> HTMLResponse:
    """The page; its addresses are relative, so that it works behind a proxy's path too."""
    template = (_OUR_FOLDER / "index.html").read_text()
    return HTMLResponse(template.replace("{title}", escape(request.app.title)))


@router.get("/docs/{name}")
def file(name: str) -> FileResponse:
    """A file of the page."""
    if name in _OUR_FILES:
        return FileResponse(_OUR_FOLDER / name, headers=_CACHING)
    if name in _SWAGGER_UI_FILES:
        return FileResponse(str(files("fastapi_swagger.resources") / name), headers=_CACHING)
    raise HTTPException(404, "No such file")
