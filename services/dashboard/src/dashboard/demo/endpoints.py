"""`/api/simulator…`: passes the demo's orders on to the simulator's control API; not an open proxy."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from dashboard.demo.simulator_client import SimulatorClient
from dashboard.dependencies import CurrentRuntime
from dashboard.errors import NoSimulatorError, SimulatorUnavailableError
from dashboard.orders import ORDER_BODY, Order
from service_kit.problems import problem_responses
from service_kit.security import ForeignOriginError


async def _simulator(runtime: CurrentRuntime) -> SimulatorClient:
    if runtime.simulator_client is None:
        raise NoSimulatorError("No simulator is configured; set SIMULATOR_URL to its address")
    return runtime.simulator_client


Simulator = Annotated[SimulatorClient, Depends(_simulator)]

router = APIRouter(
    prefix="/api/simulator",
    tags=["demo"],
    responses=problem_responses(NoSimulatorError, SimulatorUnavailableError),
)
orders = APIRouter(
    responses={
        **problem_responses(ForeignOriginError),
        422: {"description": "The simulator does not accept the order, and says why."},
    },
)


@router.get("", summary="Status of the simulated fleet", response_class=Response)
async def status(simulator: Simulator) -> Response:
    """What the simulator's `/v1/status` answers."""
    return (await simulator.ask("GET", "/v1/status")).passed_on()


@orders.post("/start", summary="Start the fleet", response_class=Response)
async def start(simulator: Simulator) -> Response:
    """What the simulator's `/v1/start` answers."""
    return (await simulator.ask("POST", "/v1/start")).passed_on()


@orders.post("/stop", summary="Stop the fleet", response_class=Response)
async def stop(simulator: Simulator) -> Response:
    """What the simulator's `/v1/stop` answers."""
    return (await simulator.ask("POST", "/v1/stop")).passed_on()


@orders.put("/rate", summary="Change the fleet's rate", response_class=Response, openapi_extra=ORDER_BODY)
async def put_rate(simulator: Simulator, order: Order) -> Response:
    """What the simulator's `/v1/rate` answers, for example to `{"rate_per_s": 50}`."""
    return (await simulator.ask("PUT", "/v1/rate", order)).passed_on()


@orders.post(
    "/faults", summary="Inject a fault now", response_class=Response, status_code=202, openapi_extra=ORDER_BODY
)
async def post_fault(simulator: Simulator, order: Order) -> Response:
    """What the simulator's `/v1/faults` answers, for example to `{"fault": {"kind": "spike"}}`."""
    return (await simulator.ask("POST", "/v1/faults", order)).passed_on()


router.include_router(orders)
