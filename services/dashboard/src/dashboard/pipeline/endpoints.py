"""`GET /v1/pipeline`."""

from fastapi import APIRouter, Request, Response

from dashboard.dependencies import CurrentRuntime
from dashboard.pipeline.schemas import Pipeline
from service_kit.health import Readiness

router = APIRouter(prefix="/v1", tags=["pipeline"])


@router.get("/pipeline", summary="How readings flow through all stages")
async def pipeline(request: Request, response: Response, runtime: CurrentRuntime) -> Pipeline:
    """Rate, lag and health of each stage, the table's figures, anomalies and open alerts.

    The services are asked when somebody asks this, at most once a second. One that does not answer within
    `DASHBOARD_PIPELINE_TIMEOUT_MS` is named with the cause; the others are answered for all the same.
    """
    readiness: Readiness = request.app.state.readiness
    response.headers["Cache-Control"] = "no-store"
    return await runtime.pipeline.observe(readiness.missing)
