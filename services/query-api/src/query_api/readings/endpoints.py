"""`GET /v1/readings` and `GET /v1/anomalies`."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from query_api.dependencies import CurrentRuntime
from query_api.errors import PROBLEMS
from query_api.readings.schemas import ReadingsAnswer, ReadingsQuery

router = APIRouter(prefix="/v1", tags=["readings"])


@router.get("/readings", summary="Single readings, newest first", response_model=ReadingsAnswer, responses=PROBLEMS)
async def readings(query: Annotated[ReadingsQuery, Query()], runtime: CurrentRuntime) -> Response:
    """The newest readings that match, by event time, up to this moment."""
    return Response(await runtime.readings.readings(await runtime.view_of(query), query), media_type="application/json")


@router.get(
    "/anomalies", summary="Readings found anomalous, newest first", response_model=ReadingsAnswer, responses=PROBLEMS
)
async def anomalies(query: Annotated[ReadingsQuery, Query()], runtime: CurrentRuntime) -> Response:
    """The newest anomalous readings that match, by event time. Detection joins a reading with its snapshot."""
    return Response(
        await runtime.readings.readings(await runtime.view_of(query), query, anomalies_only=True),
        media_type="application/json",
    )
