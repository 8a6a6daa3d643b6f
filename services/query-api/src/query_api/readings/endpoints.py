"""`GET /v1/readings`."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from query_api.dependencies import CurrentRuntime, CurrentView
from query_api.problem_responses import PROBLEMS
from query_api.readings.schemas import ReadingsAnswer, ReadingsQuery

router = APIRouter(prefix="/v1", tags=["readings"])


@router.get("/readings", summary="Single readings, newest first", response_model=ReadingsAnswer, responses=PROBLEMS)
async def readings(query: Annotated[ReadingsQuery, Query()], runtime: CurrentRuntime, view: CurrentView) -> Response:
    """The newest readings that match, by event time, up to this moment."""
    return Response(await runtime.readings.readings(view, query), media_type="application/json")
