"""Several worker processes on one port: uvicorn starts, watches and stops them."""

import ctypes
import os
import shutil
import signal
from multiprocessing import parent_process
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from prometheus_client.multiprocess import mark_process_dead

from ingest_api.app import create_app
from ingest_api.settings import Settings
from service_kit.logging import configure_logging
from service_kit.metrics import MULTIPROCESS_DIR_VARIABLE
from service_kit.server import server_options

_PR_SET_PDEATHSIG = 1


def prepare_work_dir(settings: Settings) -> None:
    """Delete the metrics and rate limits of the previous run."""
    settings.rate_limits_file.unlink(missing_ok=True)
    shutil.rmtree(_metrics_dir(settings), ignore_errors=True)


def serve_workers(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM, which the workers get too: each stops accepting and finishes its requests.

    A worker that dies, or hangs for some seconds, is replaced.
    """
    configure_logging("ingest-api", settings.log_level)
    metrics_dir = _metrics_dir(settings)
    metrics_dir.mkdir(parents=True)
    os.environ[MULTIPROCESS_DIR_VARIABLE] = str(metrics_dir)
    uvicorn.run(
        f"{__name__}:create_worker_app",
        factory=True,
        workers=settings.workers,
        **server_options(settings),
    )


def create_worker_app() -> FastAPI:
    """The application of one worker process."""
    settings = Settings()
    configure_logging("ingest-api", settings.log_level)
    _end_with_the_parent()
    _forget_dead_workers(_metrics_dir(settings))
    return create_app(settings)


def _metrics_dir(settings: Settings) -> Path:
    return settings.work_dir / "metrics"


def _end_with_the_parent() -> None:
    """Without its parent nothing would stop this process, and it would keep the port."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    parent = parent_process()
    if parent is not None and os.getppid() != parent.pid:
        os.kill(os.getpid(), signal.SIGTERM)


def _forget_dead_workers(metrics_dir: Path) -> None:
    """Remove the gauges of dead worker processes from the sums; their counters stay."""
    pids = {int(path.stem.rpartition("_")[2]) for path in metrics_dir.glob("gauge_live*_*.db")}
    for pid in pids:
        if not Path(f"/proc/{pid}").exists():
            mark_process_dead(pid, str(metrics_dir))  # type: ignore[no-untyped-call] # not typed in the library
