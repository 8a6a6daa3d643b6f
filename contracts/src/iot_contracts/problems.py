"""Problem details (RFC 9457): the body of every error response."""

from typing import Annotated

from msgspec import Meta, Struct

PROBLEM_MEDIA_TYPE = "application/problem+json"


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Body of an error answer, media type `application/problem+json`."""

    type: Annotated[str, Meta(description="`/problems/<code>`; stable, for programs.")]
    title: Annotated[str, Meta(description="What kind of problem this is.")]
    status: Annotated[int, Meta(ge=400, le=599)]
    code: Annotated[str, Meta(description="Last part of `type`.", examples=["kafka_unavailable"])]
    detail: Annotated[str, Meta(description="What happened and what to do about it.")] = ""
    request_id: Annotated[str, Meta(description="Id of the request in the logs.")] = ""


class ItemError(Struct, frozen=True, kw_only=True):
    """Why one item of a batch was rejected."""

    index: Annotated[int, Meta(ge=0, description="Position in the posted array; 0 for one object.")]
    pointer: Annotated[str, Meta(description="JSON pointer to the field, from the item.", examples=["/value"])]
    code: Annotated[str, Meta(examples=["invalid_field"])]
    detail: Annotated[str, Meta(description="What is wrong and what to do about it.")]


POSITION_HEADER = "Iot-Position"
"""Of answers without a body: `IngestResult.position`."""


class IngestResult(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Answer of `POST /v1/readings`: sent only after Kafka has acknowledged the accepted readings."""

    accepted: Annotated[int, Meta(ge=0)]
    rejected: Annotated[int, Meta(ge=0)]
    errors: list[ItemError]
    position: Annotated[
        str | None,
        Meta(
            description="Where the accepted readings end: query-api answers a question with `after=` this once it has "
            "them all. Opaque.",
            examples=["0:1204,2:1187"],
        ),
    ] = None
