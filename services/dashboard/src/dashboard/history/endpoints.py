"""`/api/…`: passes known requests on to query-api; not an open proxy."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from dashboard.dependencies import CurrentRuntime
from dashboard.errors import HistoryUnavailableError
from dashboard.history.schemas import ReadingsParameters, StatsParameters
from service_kit.problems import InvalidRequestError, problem_responses

router = APIRouter(
    prefix="/api",
    tags=["history"],
    responses=problem_responses(InvalidRequestError, HistoryUnavailableError),
)


@router.get("/summary", summary="Key figures", response_class=Response)
async def summary(runtime: CurrentRuntime) -> Response:
    """What query-api's `/v1/summary` answers."""
    return (await runtime.query_client.get("/v1/summary", {})).passed_on()


@router.get("/stats", summary="Statistics by group", response_class=Response)
async def stats(runtime: CurrentRuntime, parameters: Annotated[StatsParameters, Query()]) -> Response:
    """What query-api's `/v1/stats` answers."""
    return (await runtime.query_client.get("/v1/stats", parameters.to_query())).passed_on()


@router.get("/readings", summary="Readings of one sensor", response_class=Response)
async def readings(runtime: CurrentRuntime, parameters: Annotated[ReadingsParameters, Query()]) -> Response:
    """What query-api's `/v1/readings` answers."""
    return (await runtime.query_client.get("/v1/readings", parameters.to_query())).passed_on()
