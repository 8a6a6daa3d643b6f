"""What endpoints need, as named types for their signatures."""

from typing import Annotated

from fastapi import Depends, Request

from ingest_api.runtime import Runtime


async def _runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


CurrentRuntime = Annotated[Runtime, Depends(_runtime)]
