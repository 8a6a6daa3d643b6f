"""`GET /v1/summary` and `GET /v1/battery`."""

from fastapi import APIRouter

from query_api.dependencies import CurrentRuntime, CurrentView
from query_api.errors import PROBLEMS
from query_api.summary.schemas import BatteryAnswer, SummaryAnswer

router = APIRouter(prefix="/v1", tags=["readings"])


@router.get("/summary", summary="Key figures of everything", responses=PROBLEMS)
async def summary(runtime: CurrentRuntime, view: CurrentView) -> SummaryAnswer:
    """Totals, rates, anomalies and batteries; computed at most once a second, however many ask."""
    return await runtime.summary.summary(view)


@router.get("/battery", summary="Each sensor's newest known battery level", responses=PROBLEMS)
async def battery(runtime: CurrentRuntime, view: CurrentView) -> BatteryAnswer:
    """Battery levels by event time, lowest first, up to this moment."""
    return await runtime.summary.battery(view)
