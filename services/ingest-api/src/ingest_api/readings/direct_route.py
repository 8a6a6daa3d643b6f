"""A route that skips FastAPI's own work where a request has nothing for it."""

import inspect
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute


class DirectRoute(APIRoute):
    """Calls the endpoint itself when a request has no query, which saves a tenth of what a single reading costs.

    The endpoint may take the request, query parameters with defaults, and dependencies that are coroutine functions of
    the request alone. For anything else, also when it comes from the router or the application, TypeError is raised
    when the route is made: a direct call would leave it out.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The endpoint, or FastAPI's handler around it for a request with a query."""
        handle = super().get_route_handler()
        # What the handler resolves, that of the router and the application included.
        dependant: Dependant = inspect.getclosurevars(handle).nonlocals["dependant"]
        dependencies = _direct_dependencies(self.path, dependant)
        request_name = dependant.request_param_name

        async def handle_directly(request: Request) -> Response:
            if request.scope["query_string"]:
                return await handle(request)
            arguments = {name: await call(**{parameter: request}) for name, parameter, call in dependencies}
            if request_name is not None:
                arguments[request_name] = request
            response: Response = await self.endpoint(**arguments)
            return response

        return handle_directly


def _direct_dependencies(path: str, dependant: Dependant) -> list[tuple[str, str, Callable[..., Any]]]:
    """Name, name of its request parameter, and function of each dependency. Raises TypeError."""
    found: list[tuple[str, str, Callable[..., Any]]] = []
    for dependency in dependant.dependencies:
        call, parameter = dependency.call, dependency.request_param_name
        if (
            dependency.name is None
            or parameter is None
            or not inspect.iscoroutinefunction(call)
            or len(inspect.signature(call).parameters) > 1
        ):
            raise TypeError(f"DirectRoute {path} cannot call the dependency {call!r}; use an APIRoute, or a middleware")
        found.append((dependency.name, parameter, call))
    known = {name for name, _, _ in found} | {dependant.request_param_name}
    known |= {parameter.name for parameter in dependant.query_params if not parameter.field_info.is_required()}
    assert dependant.call is not None  # noqa: S101 - the route's endpoint
    if unknown := inspect.signature(dependant.call).parameters.keys() - known:
        raise TypeError(f"DirectRoute {path} cannot fill in {', '.join(unknown)}; use an APIRoute")
    return found
