"""Request bodies that are messages of the contract: decoded by its own decoder, described by its own schema."""

from typing import Any, TypeVar

import msgspec
from fastapi import Request

from iot_contracts.json_schemas import schema_components
from query_api.errors import BodyTooLargeError
from service_kit.problems import InvalidRequestError

MAX_BODY_BYTES = 16 << 20
_REF = "#/{name}"
T = TypeVar("T")


async def read_body(request: Request) -> bytes:
    """The body. Raises BodyTooLargeError past MAX_BODY_BYTES."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise BodyTooLargeError(f"at most {MAX_BODY_BYTES} bytes are taken at once; send parts")
    return bytes(body)


def decode_body(body: bytes, kind: type[T]) -> T:
    """The message in a body. Raises InvalidRequestError."""
    try:
        decoded = msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidRequestError(f"body: {error}") from error
    # PostgreSQL's jsonb holds no U+0000.
    if b"\\u0000" in msgspec.json.encode(decoded):
        raise InvalidRequestError("body: text with the character U+0000 cannot be stored")
    return decoded


def json_content(kind: Any) -> dict[str, Any]:
    """The `content` of a JSON body or answer in OpenAPI; schemas are inlined, since nothing else refers to them."""
    (schema,), components = schema_components([kind], ref_template=_REF)
    return {"application/json": {"schema": _inlined(schema, components)}}


def _inlined(node: Any, components: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_inlined(one, components) for one in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _inlined(components[node["$ref"].removeprefix("#/")], components)
    # The mapping names the schemas that were inlined.
    return {key: _inlined(value, components) for key, value in node.items() if key != "discriminator"}
