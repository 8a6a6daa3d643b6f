"""What endpoints need, as named types for their signatures."""

from typing import Annotated

from fastapi import Depends, Request

from query_api.runtime import Runtime
from query_api.view.view import View


async def _runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


CurrentRuntime = Annotated[Runtime, Depends(_runtime)]


async def _view(runtime: CurrentRuntime) -> View:
    return runtime.view()


CurrentView = Annotated[View, Depends(_view)]
"""The view as it is when the request begins. Raises NotCaughtUpError."""
