"""A direct route calls all that its endpoint needs, or is refused when it is made."""

from collections.abc import Callable
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Header, Request, Response

from ingest_api.readings.direct_route import DirectRoute


async def color_of(request: Request) -> str:
    return request.headers["x-color"]


async def refuse_everything() -> None:
    raise AssertionError


def blocking(request: Request) -> str:
    return "blocking"


async def nested(color: Annotated[str, Depends(color_of)]) -> str:
    return color


Color = Annotated[str, Depends(color_of)]


async def endpoint(request: Request, color: Color, on_error: str = "accept") -> Response:
    return Response(f"{request.method} {color} {on_error}")


def app_with(router: APIRouter, **include: Any) -> FastAPI:
    app = FastAPI()
    app.include_router(router, **include)
    return app


async def answer(app: FastAPI, path: str) -> str:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return (await client.post(path, headers={"X-Color": "red"})).text


async def test_dependencies_are_given_with_a_query_and_without() -> None:
    router = APIRouter(route_class=DirectRoute)
    router.post("/", response_class=Response)(endpoint)
    app = app_with(router)
    assert await answer(app, "/") == "POST red accept"
    assert await answer(app, "/?on_error=reject") == "POST red reject"


async def with_blocking(value: Annotated[str, Depends(blocking)]) -> Response:
    return Response(value)


async def with_nested(value: Annotated[str, Depends(nested)]) -> Response:
    return Response(value)


async def with_header(x_color: Annotated[str, Header()] = "") -> Response:
    return Response(x_color)


async def with_required_query(q: str) -> Response:
    return Response(q)


async def with_body(body: dict[str, str]) -> Response:
    return Response(str(body))


@pytest.mark.parametrize("refused", [with_blocking, with_nested, with_header, with_required_query, with_body])
def test_what_a_direct_call_would_leave_out_is_refused(refused: Callable[..., Any]) -> None:
    router = APIRouter(route_class=DirectRoute)
    with pytest.raises(TypeError, match="DirectRoute / cannot"):
        router.post("/")(refused)


def test_a_dependency_of_the_route_is_refused() -> None:
    router = APIRouter(route_class=DirectRoute)
    with pytest.raises(TypeError, match="refuse_everything"):
        router.post("/", dependencies=[Depends(refuse_everything)])(endpoint)


async def test_a_dependency_of_the_router_or_the_application_is_refused() -> None:
    def made_with(**options: Any) -> APIRouter:
        router = APIRouter(route_class=DirectRoute, **options)
        router.post("/")(endpoint)
        return router

    dependencies = [Depends(refuse_everything)]
    with pytest.raises(TypeError, match="refuse_everything"):
        app_with(made_with(dependencies=dependencies)).openapi()
    with pytest.raises(TypeError, match="refuse_everything"):
        app_with(made_with(), dependencies=dependencies).openapi()
    app = FastAPI(dependencies=dependencies)
    app.include_router(made_with())
    with pytest.raises(TypeError, match="refuse_everything"):
        app.openapi()
