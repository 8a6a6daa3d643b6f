"""`/v1/analyses`."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response

from query_api.analyses.schemas import AnalysesAnswer, ResultAnswer, ResultQuery
from query_api.dependencies import CurrentRuntime
from query_api.errors import (
    NotFoundError,
    OverloadedError,
    QueryTimeoutError,
    QueryTooLargeError,
    TableUnavailableError,
)
from query_api.media_types import JSON, TEXTS, media_type_of
from service_kit.problems import InvalidRequestError, problem_responses

router = APIRouter(
    prefix="/v1/analyses",
    tags=["analyses"],
    responses=problem_responses(OverloadedError, QueryTimeoutError, QueryTooLargeError, TableUnavailableError),
)
_OTHER_FORMS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {media_type: {} for media_type in TEXTS[1:]}},
    **problem_responses(InvalidRequestError, NotFoundError, QueryTooLargeError),
}


@router.get("", summary="The analyses, and when each ran", response_model=AnalysesAnswer)
async def list_analyses(runtime: CurrentRuntime) -> Response:
    """What each batch analysis answers, with its last run: its range, input snapshot, rows and duration."""
    return Response(await runtime.analyses.list(), media_type=JSON)


@router.get("/{name}", summary="What an analysis found", response_model=ResultAnswer, responses=_OTHER_FORMS)
async def get_result(
    name: Annotated[str, Path(max_length=100, description="As `/v1/analyses` lists it.")],
    query: Annotated[ResultQuery, Query()],
    request: Request,
    runtime: CurrentRuntime,
) -> Response:
    """The stored result of the last run, or of every run whose range lies between `from` and `to`.

    A run over exactly `from` to `to` is answered alone. `Accept: text/csv` or `application/x-ndjson` gives rows alone.
    """
    media_type = media_type_of(request)
    return Response(await runtime.analyses.result(name, query, media_type), media_type=media_type)
