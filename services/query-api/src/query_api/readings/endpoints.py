"""`GET /v1/readings` and `GET /v1/anomalies`."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from query_api.conditional import NOT_MODIFIED, answered, tag_of
from query_api.dependencies import CurrentRuntime
from query_api.errors import PROBLEMS
from query_api.media_types import ARROW, CSV, JSON, NDJSON, PARQUET, media_type_of
from query_api.readings.schemas import ReadingsAnswer, ReadingsQuery
from query_api.readings.service import Page
from query_api.runtime import Runtime

MEDIA_TYPES: Final = (JSON, CSV, NDJSON, ARROW, PARQUET)
_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    **PROBLEMS,
    **NOT_MODIFIED,
    200: {"content": {media_type: {} for media_type in MEDIA_TYPES[1:]}},
}
router = APIRouter(prefix="/v1", tags=["readings"])


@router.get("/readings", summary="Single readings, newest first", response_model=ReadingsAnswer, responses=_RESPONSES)
async def readings(query: Annotated[ReadingsQuery, Query()], request: Request, runtime: CurrentRuntime) -> Response:
    """The newest readings that match, by event time, up to this moment; further ones by `page_token`.

    `Accept` chooses JSON, CSV, NDJSON, an Arrow stream or Parquet; in all but JSON the next page's token is in the
    header `Link`.
    """
    return await _page(query, request, runtime, anomalies_only=False)


@router.get(
    "/anomalies", summary="Readings found anomalous, newest first", response_model=ReadingsAnswer, responses=_RESPONSES
)
async def anomalies(query: Annotated[ReadingsQuery, Query()], request: Request, runtime: CurrentRuntime) -> Response:
    """The newest anomalous readings that match, by event time. Detection joins a reading with its snapshot."""
    return await _page(query, request, runtime, anomalies_only=True)


async def _page(query: ReadingsQuery, request: Request, runtime: Runtime, *, anomalies_only: bool) -> Response:
    media_type = media_type_of(request, MEDIA_TYPES)
    view = await runtime.view_of(query)

    async def compute() -> Response:
        page = await runtime.readings.readings(view, query, media_type=media_type, anomalies_only=anomalies_only)
        return _response(page, media_type, request)

    return await answered(request, tag_of(view, query, media_type, request.url.path), compute)


def _response(page: Page, media_type: str, request: Request) -> Response:
    headers = {"Vary": "Accept"}
    if page.next_page_token is not None:
        following = request.url.include_query_params(page_token=page.next_page_token)
        headers["Link"] = f'<{following.path}?{following.query}>; rel="next"'  # RFC 8288
    return Response(page.content, media_type=media_type, headers=headers)
