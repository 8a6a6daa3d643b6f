"""Transitions of a poll → rows: what is left to write of many. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from iot_contracts.alerts import AlertTransition
from query_api.database.text import storable

CLEARED = "cleared"
Row = dict[str, Any]


def alert_rows(transitions: Sequence[AlertTransition]) -> list[Row]:
    """One row an alert, of its newest transition; of several that are open in one series, all but the newest
    are superseded: the stream has one open at a time, so the others' ends were lost.
    """
    newest: dict[str, AlertTransition] = {}
    for one in transitions:
        before = newest.get(one.alert_id)
        if before is None or before.sequence < one.sequence:
            newest[one.alert_id] = one
    rows = [_alert_row(one) for one in newest.values()]
    heads: dict[tuple[str, ...], Row] = {}
    for row in sorted((row for row in rows if row["cleared_at"] is None), key=age):
        before_it = heads.get(series_of(row))
        if before_it is not None:
            before_it["superseded_by"] = row["alert_id"]
        heads[series_of(row)] = row
    return rows


def event_rows(transitions: Sequence[AlertTransition]) -> list[Row]:
    """One row a transition; one that is there twice counts once."""
    distinct = {(one.alert_id, one.sequence): one for one in reversed(transitions)}
    return [
        {
            "alert_id": storable(one.alert_id),
            "sequence": one.sequence,
            "event": str(one.state),
            "at": one.event_time,
            "value": one.value,
            "message": storable(one.message),
        }
        for one in reversed(distinct.values())
    ]


def series_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    """What has at most one open alert."""
    return row["sensor_id"], row["sensor_type"], row["unit"], row["rule_id"]


def age(row: Mapping[str, Any]) -> tuple[Any, str]:
    """Orders alerts from the oldest to the newest."""
    return row["opened_at"], row["alert_id"]


def _alert_row(one: AlertTransition) -> Row:
    return {
        "alert_id": storable(one.alert_id),
        "sequence": one.sequence,
        "rule_id": storable(one.rule_id),
        "rule_version": one.rule_version,
        "kind": str(one.kind),
        "severity": str(one.severity),
        "sensor_id": storable(one.sensor_id),
        "sensor_type": storable(one.sensor_type),
        "location": storable(one.location),
        "unit": storable(one.unit),
        "opened_at": one.opened_at,
        "event_time": one.event_time,
        "last_seen": one.last_seen,
        "count": one.count,
        "value": one.value,
        "peak": one.peak,
        "limit": one.limit,
        "score": one.score,
        "message": storable(one.message),
        "reading_id": str(one.reading_id),
        "cleared_at": one.event_time if one.state == CLEARED else None,
        "clear_reason": None if one.clear_reason is None else str(one.clear_reason),
        "superseded_by": None,
    }
