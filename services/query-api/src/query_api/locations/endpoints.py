"""`GET /v1/locations`."""

from typing import Annotated

from fastapi import APIRouter, Query

from query_api.dependencies import CurrentRuntime
from query_api.errors import PROBLEMS
from query_api.locations.schemas import LocationsAnswer
from query_api.selection import Selection

router = APIRouter(prefix="/v1", tags=["readings"])


@router.get("/locations", summary="Figures of each location", responses=PROBLEMS)
async def locations(selection: Annotated[Selection, Query()], runtime: CurrentRuntime) -> LocationsAnswer:
    """Sensors, readings, anomalies, batteries and the newest reading of each location in the range."""
    return await runtime.locations.locations(await runtime.view_of(selection), selection)
