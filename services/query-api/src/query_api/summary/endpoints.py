"""`GET /v1/summary`."""

from fastapi import APIRouter

from query_api.dependencies import CurrentRuntime, CurrentView
from query_api.problem_responses import PROBLEMS
from query_api.summary.schemas import SummaryAnswer

router = APIRouter(prefix="/v1", tags=["readings"])


@router.get("/summary", summary="Key figures of everything", responses=PROBLEMS)
async def summary(runtime: CurrentRuntime, view: CurrentView) -> SummaryAnswer:
    """Totals, rates, anomalies and batteries; computed at most once a second, however many ask."""
    return await runtime.summary.summary(view)
