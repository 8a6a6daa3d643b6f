"""`GET /v1/stats`."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from query_api.dependencies import CurrentRuntime
from query_api.errors import PROBLEMS
from query_api.stats.schemas import StatsAnswer, StatsQuery

router = APIRouter(prefix="/v1", tags=["readings"])


@router.get(
    "/stats",
    summary="Statistics of readings, grouped",
    response_model=StatsAnswer,
    responses=PROBLEMS,
)
async def stats(query: Annotated[StatsQuery, Query()], runtime: CurrentRuntime) -> Response:
    """Count, mean, min, max, standard deviation and anomalies of all readings there are, up to this moment.

    The answer is one snapshot of the table plus the readings in Kafka after it: each reading exactly once.
    """
    return Response(await runtime.stats.stats(await runtime.view_of(query), query), media_type="application/json")
