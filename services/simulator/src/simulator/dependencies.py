"""What endpoints ask for, as types of their arguments."""

from typing import Annotated

from fastapi import Depends, Request

from simulator.runtime import Runtime


async def _runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


CurrentRuntime = Annotated[Runtime, Depends(_runtime)]
