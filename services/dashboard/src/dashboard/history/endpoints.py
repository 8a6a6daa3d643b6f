"""`/api/…`: what the page asks of query-api. A pass-through of known questions, no open proxy."""

from typing import Annotated, cast

from fastapi import APIRouter, Query, Request, Response

from dashboard.history.schemas import ReadingsParameters, StatsParameters
from dashboard.runtime import Runtime

router = APIRouter(
    prefix="/api",
    tags=["history"],
    responses={503: {"description": "query-api is away (problem `history_unavailable`); live values go on."}},
)


@router.get("/summary", summary="Key figures", response_class=Response)
async def summary(request: Request) -> Response:
    """What query-api's `/v1/summary` answers."""
    return (await _runtime(request).query_client.get("/v1/summary", {})).passed_on()


@router.get("/stats", summary="Statistics by group", response_class=Response)
async def stats(request: Request, parameters: Annotated[StatsParameters, Query()]) -> Response:
    """What query-api's `/v1/stats` answers."""
    return (await _runtime(request).query_client.get("/v1/stats", parameters.to_query())).passed_on()


@router.get("/readings", summary="Readings of one sensor", response_class=Response)
async def readings(request: Request, parameters: Annotated[ReadingsParameters, Query()]) -> Response:
    """What query-api's `/v1/readings` answers."""
    return (await _runtime(request).query_client.get("/v1/readings", parameters.to_query())).passed_on()


def _runtime(request: Request) -> Runtime:
    return cast(Runtime, request.app.state.runtime)
