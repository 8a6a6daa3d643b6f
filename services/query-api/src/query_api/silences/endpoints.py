"""`/v1/silences`."""

from uuid import UUID

from fastapi import APIRouter

from query_api.dependencies import CurrentRuntime
from query_api.errors import DATABASE_PROBLEMS
from query_api.silences.schemas import MatcherBody, PreviewAnswer, SilenceAnswer, SilenceBody, SilencesAnswer

router = APIRouter(prefix="/v1/silences", tags=["alerts"], responses=DATABASE_PROBLEMS)


@router.get("", summary="Silences")
async def list_silences(runtime: CurrentRuntime) -> SilencesAnswer:
    """Active and past silences; the newest 1000."""
    return await runtime.people.silences.list_silences()


@router.post("", summary="Silence alerts until a time", status_code=201)
async def create(body: SilenceBody, runtime: CurrentRuntime) -> SilenceAnswer:
    """Alerts that match are listed as before, and nobody is notified of them."""
    return await runtime.people.silences.create(body)


@router.post("/preview", summary="What a silence would match")
async def preview(body: MatcherBody, runtime: CurrentRuntime) -> PreviewAnswer:
    """How many active alerts match now, and of which sensors. Nothing is changed."""
    return await runtime.people.silences.preview(body)


@router.delete("/{silence_id}", summary="End a silence")
async def end(silence_id: UUID, runtime: CurrentRuntime) -> SilenceAnswer:
    """End it now; one that has ended stays as it is."""
    return await runtime.people.silences.end(silence_id)
