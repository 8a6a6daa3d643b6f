"""query-api's side of the evidence: what it answers, and of what it says that this is made."""

from __future__ import annotations

import json
import os
import urllib.request
from http.client import HTTPException
from typing import Any
from uuid import UUID

from invariants.evidence import Answer

TIMEOUT_S = 30
READINGS = 10_000


class NoAnswerError(Exception):
    """query-api did not answer; says why."""


def ask_for_count(query_api: str) -> Answer:
    """Ask how far the topic is read, then for the count of everything. Raises NoAnswerError."""
    read_up_to = _get(f"{query_api}/v1/status")["offsets"]
    answer = _get(f"{query_api}/v1/stats")
    snapshot = answer["snapshot"] or {"id": None, "offsets": {}}
    return Answer(
        count=sum(row["count"] for row in answer["rows"]),
        snapshot_id=snapshot["id"],
        offsets=_by_number(snapshot["offsets"] or {}),
        read_up_to=_by_number(read_up_to),
        tail_readings=answer["tail"]["readings"],
        tail_is_complete=answer["tail"]["complete"],
    )


def ask_for_readings(query_api: str) -> list[tuple[str, bytes]]:
    """Return the identities of the newest readings. Raises NoAnswerError."""
    answer = _get(f"{query_api}/v1/readings?limit={READINGS}")
    return [(one["sensor_id"], UUID(one["reading_id"]).bytes) for one in answer["readings"]]


def _by_number(offsets: dict[str, int]) -> dict[int, int]:
    return {int(number): offset for number, offset in offsets.items()}


def _authorization() -> dict[str, str]:
    key = os.environ.get("API_KEY")
    return {"Authorization": f"Bearer {key}"} if key else {}


def _get(url: str) -> Any:
    try:
        request = urllib.request.Request(url, headers=_authorization())
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
            return json.load(response)
    except (OSError, HTTPException, ValueError) as error:
        raise NoAnswerError(f"{url}: {error}") from error
