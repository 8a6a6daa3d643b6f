"""The control API: HTTP only."""

from fastapi import APIRouter

from service_kit.problems import InvalidRequestError, problem_responses
from simulator.control.errors import NoSuchSensorError, NotRunningError
from simulator.control.schemas import FaultOrder, FleetStatus, InjectedFault, Rate
from simulator.dependencies import CurrentRuntime

router = APIRouter(prefix="/v1", tags=["fleet"])


@router.get("/status", summary="What the fleet does", operation_id="getStatus")
async def status(runtime: CurrentRuntime) -> FleetStatus:
    """Whether the fleet runs, and the counts since the service started."""
    return runtime.control.status()


@router.post("/start", summary="Start the fleet", operation_id="startFleet")
async def start(runtime: CurrentRuntime) -> FleetStatus:
    """Let the sensors measure; no effect when they do already."""
    await runtime.fleet.start()
    return runtime.control.status()


@router.post("/stop", summary="Stop the fleet", operation_id="stopFleet")
async def stop(runtime: CurrentRuntime) -> FleetStatus:
    """Let the sensors stop measuring; what is buffered is still delivered."""
    await runtime.fleet.stop()
    return runtime.control.status()


@router.put(
    "/rate", summary="Change the rate", operation_id="putRate", responses=problem_responses(InvalidRequestError)
)
async def put_rate(runtime: CurrentRuntime, rate: Rate) -> FleetStatus:
    """From now on. It holds until the service starts again, through stop and start."""
    runtime.control.change_rate(rate.rate_per_s)
    return runtime.control.status()


@router.post(
    "/faults",
    summary="Inject a fault now",
    operation_id="postFault",
    status_code=202,
    responses=problem_responses(InvalidRequestError, NoSuchSensorError, NotRunningError),
)
async def post_fault(runtime: CurrentRuntime, order: FaultOrder) -> InjectedFault:
    """Readings whose value a fault makes wrong carry `is_anomaly: true`."""
    return runtime.control.inject(order)
