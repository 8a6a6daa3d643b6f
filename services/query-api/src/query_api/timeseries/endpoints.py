"""`GET /v1/timeseries`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from query_api.conditional import NOT_MODIFIED, answered, tag_of
from query_api.dependencies import CurrentRuntime
from query_api.errors import PROBLEMS
from query_api.timeseries.schemas import TimeseriesAnswer, TimeseriesQuery

router = APIRouter(prefix="/v1", tags=["readings"])


@router.get(
    "/timeseries",
    summary="Readings in buckets of time",
    response_model=TimeseriesAnswer,
    responses={**PROBLEMS, **NOT_MODIFIED},
)
async def timeseries(query: Annotated[TimeseriesQuery, Query()], request: Request, runtime: CurrentRuntime) -> Response:
    """Count, mean, min, max and anomalies per bucket of event time, up to this moment."""
    view = await runtime.view_of(query)
    query = query.resolved()

    async def compute() -> Response:
        return Response(await runtime.timeseries.timeseries(view, query), media_type="application/json")

    return await answered(request, tag_of(view, query), compute)
