"""Whatever the OpenAPI document allows, and much that it does not, is answered as the document says."""

import json
from collections.abc import AsyncIterator, Sized
from contextlib import asynccontextmanager
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode, SerializationContext
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

# 2,000 examples of requests that carry a body, and the two questions beside them.
EXAMPLES = {
    "POST /v1/readings": 1_100,
    "POST /api/v2/write": 300,
    "POST /api/v3/write_lp": 300,
    "POST /write": 300,
    "GET /ping": 5,
    "GET /health": 5,
}


@schemathesis.serializer("application/x-ndjson")
def as_it_is(_context: SerializationContext, value: Any) -> bytes:
    """The lines are a string for the document; anything else is what a confused client sends."""
    return value.encode(errors="surrogatepass") if isinstance(value, str) else json.dumps(value).encode()


@schemathesis.serializer("application/avro")
def as_bytes(_context: SerializationContext, value: Any) -> bytes:
    """Any bytes that a string of the document stands for."""
    return value if isinstance(value, bytes) else str(value).encode(errors="surrogatepass")


@asynccontextmanager
async def no_lifespan(app: FastAPI) -> AsyncIterator[None]:
    """The fixture has opened the runtime already, without Kafka."""
    yield


@pytest.mark.timeout(300)
@pytest.mark.parametrize("label", EXAMPLES)
def test_every_example_is_answered_as_the_document_says(app: FastAPI, label: str) -> None:
    app.router.lifespan_context = no_lifespan
    app.state.runtime.producer.write = discard
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    method, path = label.split()
    operation = schema[path][method]

    @settings(
        max_examples=EXAMPLES[label],
        database=None,
        derandomize=True,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
        | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    )
    def conforms(case: "Case[Any]") -> None:
        answer = case.call()
        assert answer.status_code < 500
        case.validate_response(
            answer,
            checks=[
                status_code_conformance,
                content_type_conformance,
                response_headers_conformance,
                response_schema_conformance,
            ],
        )

    conforms()


async def discard(readings: Sized) -> dict[int, int]:
    """As Kafka: acknowledges everything; two thousand examples need not be kept."""
    return {0: len(readings)}
