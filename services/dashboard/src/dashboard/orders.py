"""Bodies of changes that are passed on to another service, which validates them."""

from typing import Annotated

from fastapi import Depends, Request

from dashboard.errors import OrderFormatError, OrderTooLargeError

MAX_ORDER_BYTES = 4096
ORDER_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}


async def read_order(request: Request) -> bytes:
    """The body, unchanged. Raises OrderFormatError and OrderTooLargeError."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise OrderFormatError("Send the order as application/json")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_ORDER_BYTES:
            raise OrderTooLargeError(f"An order has at most {MAX_ORDER_BYTES} bytes")
    return body


Order = Annotated[bytes, Depends(read_order)]
