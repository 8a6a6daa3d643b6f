"""The problems that addresses of readings answer with, for the OpenAPI document."""

from typing import Any, Final

from pydantic import BaseModel, Field


class ProblemAnswer(BaseModel):
    """Problem details (RFC 9457)."""

    type: str = Field(examples=["/problems/catching_up"])
    title: str = Field(examples=["The service is still catching up with the table and the topic"])
    status: int = Field(examples=[503])
    code: str = Field(examples=["catching_up"])
    detail: str = Field(description="What happened this time and what to do about it.")
    request_id: str = Field(description="Find the request in the logs by it.")


def _problem(description: str) -> dict[str, Any]:
    return {"model": ProblemAnswer, "description": description}


PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    422: _problem("A parameter is not what this address takes, or the query needs more than it may use."),
    503: _problem("Still catching up, overloaded, or the query took too long; `Retry-After` says when to ask again."),
}
