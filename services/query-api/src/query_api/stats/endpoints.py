"""`GET /v1/stats`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from query_api.conditional import NOT_MODIFIED, answered, tag_of
from query_api.dependencies import CurrentRuntime
from query_api.errors import PROBLEMS
from query_api.stats.schemas import StatsAnswer, StatsQuery

router = APIRouter(prefix="/v1", tags=["readings"])


@router.get(
    "/stats",
    summary="Statistics of readings, grouped",
    response_model=StatsAnswer,
    responses={**PROBLEMS, **NOT_MODIFIED},
)
async def stats(query: Annotated[StatsQuery, Query()], request: Request, runtime: CurrentRuntime) -> Response:
    """Count, mean, min, max, standard deviation and anomalies of all readings there are, up to this moment.

    The answer is one snapshot of the table plus the readings in Kafka after it: each reading exactly once.
    """
    view = await runtime.view_of(query)

    async def compute() -> Response:
        return Response(await runtime.stats.stats(view, query), media_type="application/json")

    return await answered(request, tag_of(view, query), compute)
