"""Spreads a load over processes, which begin together."""

import gc
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection

from simulator.delivery.authorization import authorization
from simulator.errors import SimulatorError
from simulator.load.figures import Figures
from simulator.load.plan import Plan
from simulator.load.requests import Requests
from simulator.load.worker import Worker, run_worker
from simulator.runtime import build_measurements
from simulator.settings import Settings

_READY, _GO = "ready", "go"


class WorkerDiedError(SimulatorError):
    """A process of the load ended before it had figures."""


def run_load(plan: Plan, settings: Settings, on_start: Callable[[], None]) -> Figures:
    """Run the workers (one: in this process) and return their figures together; `on_start` when they begin.

    Raises ConfigurationError, and WorkerDiedError when a process is killed.
    """
    if plan.workers == 1:
        worker = _prepare(plan, settings, 0)
        on_start()
        return run_worker(worker)
    context = get_context("spawn")
    pipes = []
    for number in range(plan.workers):
        ours, theirs = context.Pipe()
        context.Process(target=_work, args=(plan, settings, number, theirs), daemon=True).start()
        theirs.close()  # so that the end of the process is the end of the pipe
        pipes.append(ours)
    try:
        for pipe in pipes:
            _said_by(pipe)
        on_start()
        for pipe in pipes:
            pipe.send(_GO)
        total = Figures()
        for pipe in pipes:
            total.add(_said_by(pipe))
    except (EOFError, OSError):
        raise WorkerDiedError("A worker of the load died; run fewer of them (--workers)") from None
    return total


def _said_by(pipe: "Connection[str, Figures]") -> Figures:
    said = pipe.recv()
    if isinstance(said, SimulatorError):
        raise said
    return said


def _work(plan: Plan, settings: Settings, number: int, pipe: "Connection[object, str]") -> None:
    try:
        worker = _prepare(plan, settings, number)
    except SimulatorError as error:
        pipe.send(error)
        return
    pipe.send(_READY)
    pipe.recv()
    pipe.send(run_worker(worker))


def _prepare(plan: Plan, settings: Settings, number: int) -> Worker:
    fleet = settings.model_copy(
        update={"sensor_count": plan.sensors, "seed": plan.seed + number, "anomaly_rate": 0.0, "faults": ()}
    )
    measurements = build_measurements(fleet, reproducible_ids=True)
    measurements.begin(datetime.now(UTC))
    headers = authorization(settings.api_key_file)
    requests = Requests(measurements, plan.url, plan.batch, plan.templates, headers)
    gc.freeze()  # so that no collection walks the templates and shows up as a latency
    return Worker(plan, number, requests)
