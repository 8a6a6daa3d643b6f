"""`/livez` and `/readyz`: is the process alive, and are its dependencies there."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

Check = Callable[[], Awaitable[str | None]]
"""Returns what is missing and the consequence, or None."""


class Readiness:
    """The named checks of a service. A check must return at once, from state that something else keeps up to date."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}

    def add(self, dependency: str, check: Check) -> None:
        """Register the check of one dependency."""
        self._checks[dependency] = check

    async def missing(self) -> dict[str, str]:
        """What is missing now: dependency → reason."""
        reasons = {name: await check() for name, check in self._checks.items()}
        return {name: reason for name, reason in reasons.items() if reason is not None}


class LivenessAnswer(BaseModel):
    """The process answers."""

    status: str = Field(examples=["alive"])


class ReadinessAnswer(BaseModel):
    """Whether the service is ready, and which dependencies are missing."""

    status: str = Field(examples=["ready"])
    missing: dict[str, str] = Field(
        description="Each dependency that is missing, with the reason.",
        examples=[{"kafka": "no broker answers at 127.0.0.1:9092; readings are refused until one does"}],
    )


router = APIRouter(tags=["operations"])


async def _readiness(request: Request) -> Readiness:
    readiness: Readiness = request.app.state.readiness
    return readiness


@router.get("/livez", summary="Is the process alive?")
async def livez() -> LivenessAnswer:
    """Answers as long as the process can answer anything."""
    return LivenessAnswer(status="alive")


@router.get("/readyz", summary="Can it do its work?", responses={503: {"model": ReadinessAnswer}})
async def readyz(readiness: Annotated[Readiness, Depends(_readiness)], response: Response) -> ReadinessAnswer:
    """200 when every dependency is there, otherwise 503 naming those that are missing."""
    missing = await readiness.missing()
    response.status_code = 503 if missing else 200
    return ReadinessAnswer(status="not ready" if missing else "ready", missing=missing)
