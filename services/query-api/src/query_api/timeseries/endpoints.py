"""`GET /v1/timeseries`."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from query_api.dependencies import CurrentRuntime
from query_api.errors import PROBLEMS
from query_api.timeseries.schemas import TimeseriesAnswer, TimeseriesQuery

router = APIRouter(prefix="/v1", tags=["readings"])


@router.get("/timeseries", summary="Readings in buckets of time", response_model=TimeseriesAnswer, responses=PROBLEMS)
async def timeseries(query: Annotated[TimeseriesQuery, Query()], runtime: CurrentRuntime) -> Response:
    """Count, mean, min, max and anomalies per bucket of event time, up to this moment."""
    return Response(
        await runtime.timeseries.timeseries(await runtime.view_of(query), query), media_type="application/json"
    )
