"""`/v1/inhibitions`."""

from uuid import UUID

from fastapi import APIRouter

from query_api.dependencies import CurrentRuntime
from query_api.errors import DATABASE_PROBLEMS
from query_api.inhibitions.schemas import (
    InhibitionAnswer,
    InhibitionBody,
    InhibitionPreviewAnswer,
    InhibitionRuleBody,
    InhibitionsAnswer,
)

router = APIRouter(prefix="/v1/inhibitions", tags=["alerts"], responses=DATABASE_PROBLEMS)


@router.get("", summary="Inhibitions")
async def list_inhibitions(runtime: CurrentRuntime) -> InhibitionsAnswer:
    """Which alerts inhibit which: at first the default ones."""
    return await runtime.people.inhibitions.list_inhibitions()


@router.post("", summary="Have alerts inhibit others", status_code=201)
async def create(body: InhibitionBody, runtime: CurrentRuntime) -> InhibitionAnswer:
    """Inhibited alerts are listed with `inhibited_by`; somebody is notified of them only if they outlast the other."""
    return await runtime.people.inhibitions.create(body)


@router.post("/preview", summary="What an inhibition would do")
async def preview(body: InhibitionRuleBody, runtime: CurrentRuntime) -> InhibitionPreviewAnswer:
    """How many active alerts it would inhibit now, and of which sensors. Nothing is changed."""
    return await runtime.people.inhibitions.preview(body)


@router.delete("/{inhibition_id}", summary="Delete an inhibition", status_code=204)
async def delete(inhibition_id: UUID, runtime: CurrentRuntime) -> None:
    """What it alone inhibited comes into force, and is notified of."""
    await runtime.people.inhibitions.delete(inhibition_id)
