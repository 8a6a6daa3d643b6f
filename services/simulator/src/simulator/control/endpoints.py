"""The control API: HTTP only."""

from fastapi import APIRouter, Request

from simulator.control.schemas import FaultOrder, FleetStatus, InjectedFault, Rate
from simulator.runtime import Runtime

router = APIRouter(prefix="/v1", tags=["fleet"])


@router.get("/status", summary="What the fleet does", operation_id="getStatus")
async def status(request: Request) -> FleetStatus:
    """Whether the fleet runs, and the counts since the service started."""
    return _runtime(request).control.status()


@router.post("/start", summary="Start the fleet", operation_id="startFleet")
async def start(request: Request) -> FleetStatus:
    """Let the sensors measure; no effect when they do already."""
    runtime = _runtime(request)
    await runtime.fleet.start()
    return runtime.control.status()


@router.post("/stop", summary="Stop the fleet", operation_id="stopFleet")
async def stop(request: Request) -> FleetStatus:
    """Let the sensors stop measuring; what is buffered is still delivered."""
    runtime = _runtime(request)
    await runtime.fleet.stop()
    return runtime.control.status()


@router.put("/rate", summary="Change the rate", operation_id="putRate")
async def put_rate(request: Request, rate: Rate) -> FleetStatus:
    """From now on. It holds until the service starts again, through stop and start."""
    runtime = _runtime(request)
    runtime.control.change_rate(rate.rate_per_s)
    return runtime.control.status()


@router.post("/faults", summary="Inject a fault now", operation_id="postFault", status_code=202)
async def post_fault(request: Request, order: FaultOrder) -> InjectedFault:
    """Readings whose value a fault makes wrong carry `is_anomaly: true`."""
    return _runtime(request).control.inject(order)


def _runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime
