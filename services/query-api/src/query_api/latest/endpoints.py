"""`GET /v1/latest`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from query_api.conditional import NOT_MODIFIED, answered, tag_of
from query_api.dependencies import CurrentRuntime
from query_api.errors import PROBLEMS
from query_api.latest.schemas import LatestAnswer, LatestQuery

router = APIRouter(prefix="/v1", tags=["readings"])


@router.get(
    "/latest",
    summary="Each sensor's newest reading",
    response_model=LatestAnswer,
    responses={**PROBLEMS, **NOT_MODIFIED},
)
async def latest(query: Annotated[LatestQuery, Query()], request: Request, runtime: CurrentRuntime) -> Response:
    """The newest reading of each sensor that matches, by event time, up to this moment."""
    view = await runtime.view_of(query)

    async def compute() -> Response:
        return Response(await runtime.latest.latest(view, query), media_type="application/json")

    return await answered(request, tag_of(view, query), compute)
