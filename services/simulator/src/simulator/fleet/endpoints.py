"""The control API: HTTP only."""

from fastapi import APIRouter, Request

from simulator.fleet.schemas import FleetStatus
from simulator.runtime import Runtime

router = APIRouter(prefix="/v1", tags=["fleet"])


@router.get("/status", summary="What the fleet does", operation_id="getStatus")
async def status(request: Request) -> FleetStatus:
    """Whether the fleet runs, and the counts since the service started."""
    return _status(request.app.state.runtime)


@router.post("/start", summary="Start the fleet", operation_id="startFleet")
async def start(request: Request) -> FleetStatus:
    """Let the sensors measure; no effect when they do already."""
    runtime: Runtime = request.app.state.runtime
    await runtime.fleet.start()
    return _status(runtime)


@router.post("/stop", summary="Stop the fleet", operation_id="stopFleet")
async def stop(request: Request) -> FleetStatus:
    """Let the sensors stop measuring; what is buffered is still delivered."""
    runtime: Runtime = request.app.state.runtime
    await runtime.fleet.stop()
    return _status(runtime)


def _status(runtime: Runtime) -> FleetStatus:
    settings, tally = runtime.settings, runtime.tally
    return FleetStatus(
        running=runtime.fleet.running,
        sensors=settings.sensor_count,
        rate_per_s=settings.sensor_count * 1000 / settings.interval_ms,
        ingest_api_url=settings.ingest_api_url,
        generated=tally.generated,
        sent=tally.sent,
        accepted=tally.accepted,
        rejected=tally.rejected,
        retries=tally.retries,
        buffered=len(runtime.buffer),
        dropped=tally.dropped,
        last_error=tally.last_error,
    )
