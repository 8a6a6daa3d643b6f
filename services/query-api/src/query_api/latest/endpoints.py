"""`GET /v1/latest`."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from query_api.dependencies import CurrentRuntime
from query_api.errors import PROBLEMS
from query_api.latest.schemas import LatestAnswer, LatestQuery

router = APIRouter(prefix="/v1", tags=["readings"])


@router.get("/latest", summary="Each sensor's newest reading", response_model=LatestAnswer, responses=PROBLEMS)
async def latest(query: Annotated[LatestQuery, Query()], runtime: CurrentRuntime) -> Response:
    """The newest reading of each sensor that matches, by event time, up to this moment."""
    return Response(await runtime.latest.latest(await runtime.view_of(query), query), media_type="application/json")
