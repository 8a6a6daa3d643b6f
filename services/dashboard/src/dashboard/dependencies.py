"""What endpoints need, as named types for their signatures."""

from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from dashboard.runtime import Runtime


async def _runtime(connection: HTTPConnection) -> Runtime:
    runtime: Runtime = connection.app.state.runtime
    return runtime


CurrentRuntime = Annotated[Runtime, Depends(_runtime)]
