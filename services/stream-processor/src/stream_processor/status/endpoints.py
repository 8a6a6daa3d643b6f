"""`/v1/status`, `/v1/derive` and `/v1/rejoin`: the state of the job, and commands to it."""

import asyncio
import dataclasses
import time

from fastapi import APIRouter

from service_kit.problems import problem_responses
from stream_processor.dependencies import CurrentRuntime
from stream_processor.errors import JobNotRunningError
from stream_processor.status.schemas import DeriveResult, JobStatus, LastBatch, NightlyAnalyses, RejoinResult

router = APIRouter(prefix="/v1", tags=["job"])


@router.get("/status", summary="What is the streaming job doing?")
def status(runtime: CurrentRuntime) -> JobStatus:
    """The newest micro-batch with the time of its steps, the table's offsets, and the last maintenance.

    All from memory: it answers also while the JVM hangs.
    """
    state, batches = runtime.job.state, runtime.job.batches
    return JobStatus(
        trouble=state.trouble,
        restarts=state.restarts,
        query_id=batches.query_id if batches else "",
        offsets=dict(batches.committed_offsets) if batches else {},
        snapshot_id=batches.newest.id if batches and batches.newest else None,
        under_way=batches.under_way.describe(time.monotonic()) if batches and batches.under_way else None,
        last_batch=LastBatch(**dataclasses.asdict(state.last_batch)) if state.last_batch else None,
        trigger_ms=state.trigger_ms,
        derived_at=state.derived_at,
        maintained_at=state.maintained_at,
        analyses=NightlyAnalyses(**dataclasses.asdict(runtime.nightly.state)),
        rewritten_files=state.rewritten_files,
    )


@router.post(
    "/derive",
    summary="Bring the derived tables up to date now",
    responses=problem_responses(JobNotRunningError),
)
async def derive(runtime: CurrentRuntime) -> DeriveResult:
    """They are brought up to date by themselves, rollups more rarely; this does not wait for that. Safe to repeat."""
    return DeriveResult(advanced=await asyncio.to_thread(runtime.job.derive))


@router.post(
    "/rejoin",
    summary="Let a topic that was made anew or cut go on where the table ends",
    responses=problem_responses(JobNotRunningError),
)
async def rejoin(runtime: CurrentRuntime) -> RejoinResult:
    """What the topic holds below the table's offsets is sent again past them; nothing is stored twice. Safe to repeat.

    Where topic and table belong together nothing is done.
    """
    return RejoinResult(sent_again=await asyncio.to_thread(runtime.job.rejoin))
