"""`GET /v1/readings` and `GET /v1/anomalies`."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from query_api.dependencies import CurrentRuntime
from query_api.errors import PROBLEMS
from query_api.media_types import ARROW, CSV, JSON, NDJSON, PARQUET, media_type_of
from query_api.readings.schemas import ReadingsAnswer, ReadingsQuery
from query_api.readings.service import Page

MEDIA_TYPES: Final = (JSON, CSV, NDJSON, ARROW, PARQUET)
_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    **PROBLEMS,
    200: {"content": {media_type: {} for media_type in MEDIA_TYPES[1:]}},
}
router = APIRouter(prefix="/v1", tags=["readings"])


@router.get("/readings", summary="Single readings, newest first", response_model=ReadingsAnswer, responses=_RESPONSES)
async def readings(query: Annotated[ReadingsQuery, Query()], request: Request, runtime: CurrentRuntime) -> Response:
    """The newest readings that match, by event time, up to this moment; further ones by `page_token`.

    `Accept` chooses JSON, CSV, NDJSON, an Arrow stream or Parquet; in all but JSON the next page's token is in the
    header `Link`.
    """
    media_type = media_type_of(request, MEDIA_TYPES)
    view = await runtime.view_of(query)
    return _response(await runtime.readings.readings(view, query, media_type=media_type), media_type, request)


@router.get(
    "/anomalies", summary="Readings found anomalous, newest first", response_model=ReadingsAnswer, responses=_RESPONSES
)
async def anomalies(query: Annotated[ReadingsQuery, Query()], request: Request, runtime: CurrentRuntime) -> Response:
    """The newest anomalous readings that match, by event time. Detection joins a reading with its snapshot."""
    media_type = media_type_of(request, MEDIA_TYPES)
    view = await runtime.view_of(query)
    page = await runtime.readings.readings(view, query, media_type=media_type, anomalies_only=True)
    return _response(page, media_type, request)


def _response(page: Page, media_type: str, request: Request) -> Response:
    headers = {"Vary": "Accept"}
    if page.next_page_token is not None:
        following = request.url.include_query_params(page_token=page.next_page_token)
        headers["Link"] = f'<{following.path}?{following.query}>; rel="next"'  # RFC 8288
    return Response(page.content, media_type=media_type, headers=headers)
