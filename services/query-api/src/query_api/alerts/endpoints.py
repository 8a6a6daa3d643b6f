"""`/v1/alerts`."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from query_api.alerts.schemas import (
    ActionBody,
    AlertAnswer,
    AlertDetailAnswer,
    AlertsAnswer,
    AlertsQuery,
    SnoozeBody,
)
from query_api.database.text import Key
from query_api.dependencies import CurrentRuntime
from query_api.errors import DATABASE_PROBLEMS

router = APIRouter(prefix="/v1/alerts", tags=["alerts"], responses=DATABASE_PROBLEMS)
AlertId = Annotated[Key, Path(description="As `/v1/alerts` lists it.")]


@router.get("", summary="Alerts, newest first")
async def list_alerts(query: Annotated[AlertsQuery, Query()], runtime: CurrentRuntime) -> AlertsAnswer:
    """Alerts that match, by the time at which they were opened, and how many are open by severity."""
    return await runtime.people.alerts.list_alerts(query)


@router.get("/{alert_id}", summary="One alert with its history")
async def get_alert(alert_id: AlertId, runtime: CurrentRuntime) -> AlertDetailAnswer:
    """What the stream said of it and what people did, oldest first."""
    return await runtime.people.alerts.get_alert(alert_id)


@router.post("/{alert_id}/acknowledge", summary="Take care of an alert")
async def acknowledge(alert_id: AlertId, body: ActionBody, runtime: CurrentRuntime) -> AlertAnswer:
    """Note that somebody takes care of it. An alert that is closed is a 409."""
    return await runtime.people.alerts.acknowledge(alert_id, body)


@router.post("/{alert_id}/snooze", summary="Put an alert aside for some time")
async def snooze(alert_id: AlertId, body: SnoozeBody, runtime: CurrentRuntime) -> AlertAnswer:
    """It is `snoozed` until then, and afterwards what it was before."""
    return await runtime.people.alerts.snooze(alert_id, body)


@router.post("/{alert_id}/resolve", summary="Close an alert")
async def resolve(alert_id: AlertId, body: ActionBody, runtime: CurrentRuntime) -> AlertAnswer:
    """Close it for people, whether or not the stream has cleared it."""
    return await runtime.people.alerts.resolve(alert_id, body)
