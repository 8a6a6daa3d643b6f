"""`GET /v1/status`."""

from fastapi import APIRouter, Request

from query_api.dependencies import CurrentRuntime
from query_api.status.schemas import StatusAnswer
from service_kit.health import Readiness

router = APIRouter(prefix="/v1", tags=["operations"])


@router.get("/status", summary="What this service holds")
async def status(request: Request, runtime: CurrentRuntime) -> StatusAnswer:
    """Snapshot, files, rows by place, offsets, lag and cache; answers also while catching up."""
    readiness: Readiness = request.app.state.readiness
    return runtime.status.status(await readiness.missing())
