"""Spreads a load over processes, which begin together."""

import gc
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier

from simulator.delivery.authorization import authorization
from simulator.errors import SimulatorError
from simulator.load.figures import Figures
from simulator.load.plan import Plan
from simulator.load.requests import Requests
from simulator.load.worker import Worker, run_worker
from simulator.runtime import build_measurements
from simulator.settings import Settings

START_TIMEOUT_S = 120


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
    barrier = context.Barrier(plan.workers + 1)
    pipes = [context.Pipe(duplex=False) for _ in range(plan.workers)]
    processes = [
        context.Process(target=_work, args=(plan, settings, number, barrier, sender), daemon=True)
        for number, (_receiver, sender) in enumerate(pipes)
    ]
    for process in processes:
        process.start()
    for _receiver, sender in pipes:
        sender.close()
    barrier.wait(START_TIMEOUT_S)
    on_start()
    total = Figures()
    for receiver, _sender in pipes:
        try:
            total.add(receiver.recv())
        except EOFError:
            raise WorkerDiedError("A worker of the load died; run fewer of them (--workers)") from None
    for process in processes:
        process.join()
    return total


def _work(plan: Plan, settings: Settings, number: int, barrier: Barrier, sender: "Connection[Figures, None]") -> None:
    worker = _prepare(plan, settings, number)
    barrier.wait(START_TIMEOUT_S)
    sender.send(run_worker(worker))


def _prepare(plan: Plan, settings: Settings, number: int) -> Worker:
    fleet = settings.model_copy(
        update={"sensor_count": plan.sensors, "seed": plan.seed + number, "anomaly_rate": 0.0, "faults": ()}
    )
    measurements = build_measurements(fleet, reproducible_ids=True)
    measurements.begin(datetime.now(UTC))
    headers = authorization(settings.api_key_file)
    requests = Requests(measurements, plan.url, plan.batch, plan.templates, number, headers)
    gc.freeze()  # so that no collection walks the templates and shows up as a latency
    return Worker(plan, number, requests)
