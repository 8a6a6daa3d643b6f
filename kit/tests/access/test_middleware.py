"""What a request may do with which key, in front of an application that has nothing but addresses."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, WebSocket
from fastapi.responses import StreamingResponse

from iot_contracts.api_keys import RateLimit
from service_kit.access.policy import AccessPolicy
from service_kit.access.sessions import COOKIE, Sessions
from service_kit.access_examples import (
    KEY_ID,
    SECRET,
    InMemoryKeys,
    a_key,
    answered_without_a_key,
    bearer,
    unknown_exceptions,
    use_keys,
)
from service_kit.app import create_service_app
from service_kit.health import Readiness
from service_kit.metrics import create_registry
from service_kit.settings import ServiceSettings

POLICY = AccessPolicy(
    exceptions={"POST /questions": "read", "POST /alerts/{name}": "write"}, open_paths=frozenset({"/page"})
)
SESSIONS = Sessions(b"s" * 32, 3600)
KEPT_OPEN = {"GET /page", "GET /livez", "GET /readyz", "GET /docs", "GET /openapi.json", "HEAD /openapi.json"}
NOW = datetime.now(UTC)


@asynccontextmanager
async def no_lifespan(_app: FastAPI) -> AsyncIterator[None]:
    yield


def service(routers: tuple[APIRouter, ...], policy: AccessPolicy = POLICY) -> FastAPI:
    return create_service_app(
        "service-kit",
        description="",
        settings=ServiceSettings(port=1, auth="on"),
        registry=create_registry(),
        readiness=Readiness(),
        lifespan=no_lifespan,
        routers=routers,
        policy=policy,
        sessions=SESSIONS,
    )


@pytest.fixture
def source() -> InMemoryKeys:
    return InMemoryKeys()


@pytest.fixture
def app(source: InMemoryKeys) -> FastAPI:
    router = APIRouter()

    @router.get("/page")
    @router.get("/values")
    @router.post("/questions")
    @router.post("/alerts/{name}")
    @router.post("/rules")
    async def answer() -> str:
        return "done"

    @router.get("/live")
    async def live() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            yield b"one "
            source.put(a_key(scopes=("read",), revoked_at=NOW))
            yield b"two"

        return StreamingResponse(parts())

    @router.websocket("/ws")
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("one")
        source.put(a_key(scopes=("read",), revoked_at=NOW))
        await websocket.send_text("two")

    app = service((router,))
    use_keys(app, source, SESSIONS)
    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


@pytest.mark.parametrize(
    ("scope", "answers"),
    [("read", [200, 200, 403, 403]), ("write", [403, 403, 200, 403]), ("admin", [200, 200, 200, 200])],
)
async def test_a_scope_allows_what_the_policy_says(
    client: httpx.AsyncClient, source: InMemoryKeys, scope: str, answers: list[int]
) -> None:
    source.put(a_key(scopes=(scope,)))
    asked = (("GET", "/values"), ("POST", "/questions"), ("POST", "/alerts/1"), ("POST", "/rules"))
    assert [(await client.request(*one, headers=bearer())).status_code for one in asked] == answers


async def test_what_is_open_is_named_and_everything_else_is_refused(app: FastAPI) -> None:
    assert await answered_without_a_key(app) == KEPT_OPEN
    assert unknown_exceptions(app, POLICY) == set()


async def test_a_new_address_and_a_new_socket_are_closed_until_somebody_opens_them() -> None:
    router = APIRouter(prefix="/new")
    inner = APIRouter()

    @inner.get("/thing", include_in_schema=False)
    async def thing() -> None: ...

    @inner.websocket("/ws")
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()

    router.include_router(inner)
    assert await answered_without_a_key(service((router,))) == KEPT_OPEN - {"GET /page"}
    careless = AccessPolicy(open_paths=frozenset({"/new/thing", "/new/ws"}))
    opened = await answered_without_a_key(service((router,), careless))
    assert opened == KEPT_OPEN - {"GET /page"} | {"GET /new/thing", "WS /new/ws"}
    assert unknown_exceptions(service((router,)), AccessPolicy(exceptions={"POST /gone": "read"})) == {"POST /gone"}


async def connect(app: FastAPI, headers: dict[str, str], extensions: dict[str, Any]) -> list[Any]:
    """What a client of the WebSocket is sent."""
    sent: list[Any] = []
    raw = [(name.lower().encode(), value.encode()) for name, value in {"Host": "127.0.0.1", **headers}.items()]
    scope = {"type": "websocket", "path": "/ws", "query_string": b"", "headers": raw, "subprotocols": []}

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    try:
        await asyncio.wait_for(app({**scope, "extensions": extensions}, receive, send), 10)
    except Exception as error:
        sent.append(type(error).__name__)
    return sent


async def test_a_socket_is_refused_before_it_is_accepted(app: FastAPI) -> None:
    (closed,) = await connect(app, {}, {})
    assert (closed["type"], closed["reason"]) == ("websocket.close", "A valid API key is required")
    start, body = await connect(app, {}, {"websocket.http.response": {}})
    assert (start["type"], start["status"]) == ("websocket.http.response.start", 401)
    assert b"unauthenticated" in body["body"]


async def test_revoking_a_key_ends_its_open_socket(app: FastAPI, source: InMemoryKeys) -> None:
    source.put(a_key(scopes=("read",)))
    sent = await connect(app, bearer(), {})
    assert [message["type"] for message in sent[:3]] == ["websocket.accept", "websocket.send", "websocket.close"]
    assert sent[1]["text"] == "one"
    assert sent[2]["code"] == 1008


async def test_revoking_a_key_ends_an_answer_that_goes_on(client: httpx.AsyncClient, source: InMemoryKeys) -> None:
    source.put(a_key(scopes=("read",)))
    assert (await client.get("/live", headers=bearer())).text == "one "


async def test_each_key_has_its_own_quota(client: httpx.AsyncClient, source: InMemoryKeys) -> None:
    other = "0" * 16
    source.put(a_key(scopes=("read",), rate_limit=RateLimit(requests=1, window_s=3600)))
    source.put(a_key(key_id=other, scopes=("read",), rate_limit=RateLimit(requests=5, window_s=3600)))
    greedy = [(await client.get("/values", headers=bearer())).status_code for _ in range(4)]
    assert greedy == [200, 429, 429, 429]
    patient = await client.get("/values", headers=bearer(other))
    assert (patient.status_code, patient.headers["ratelimit"].split(";t=")[0]) == (200, '"requests";r=4')


async def test_a_session_is_good_for_what_its_key_is(client: httpx.AsyncClient, source: InMemoryKeys) -> None:
    key = a_key(scopes=("read",))
    source.put(key)
    cookie = {"Cookie": f"other=1; {COOKIE}={SESSIONS.issue(key, NOW)}"}
    assert (await client.get("/values", headers=cookie)).status_code == 200
    assert (await client.post("/rules", headers=cookie)).status_code == 403
    assert (await client.get("/values", headers=cookie | {"Authorization": "Bearer iot_x"})).status_code == 401
    source.put(a_key(scopes=("read",), revoked_at=NOW))
    assert (await client.get("/values", headers=cookie)).status_code == 401


async def test_a_session_does_not_replace_the_origin_check(client: httpx.AsyncClient, source: InMemoryKeys) -> None:
    key = a_key(scopes=("admin",))
    source.put(key)
    cookie = {"Cookie": f"{COOKIE}={SESSIONS.issue(key, NOW)}"}
    assert (await client.post("/rules", headers=cookie)).status_code == 200
    evil = cookie | {"Origin": "https://evil.example.org"}
    assert (await client.post("/rules", headers=evil)).json()["code"] == "foreign_origin"


async def test_while_the_keys_are_unknown_requests_are_refused_for_now(
    client: httpx.AsyncClient, source: InMemoryKeys
) -> None:
    source.put(a_key(scopes=("read",)))
    source.unknown = "Kafka does not answer"
    answer = await client.get("/values", headers=bearer())
    assert (answer.status_code, answer.json()["code"]) == (503, "keys_unavailable")
    assert (await client.get("/livez")).status_code == 200


async def test_a_key_in_the_address_counts_for_nothing(client: httpx.AsyncClient, source: InMemoryKeys) -> None:
    source.put(a_key(scopes=("admin",)))
    assert (await client.get(f"/values?token=iot_{KEY_ID}_{SECRET}")).status_code == 401


def test_the_document_says_which_scope_an_operation_needs(app: FastAPI) -> None:
    document = app.openapi()
    security = {
        path: one["security"]
        for path, operations in document["paths"].items()
        for one in operations.values()
        if "security" in one
    }
    assert security["/rules"] == [{}, {"apiKey": ["admin"]}]
    assert security["/values"] == [{}, {"apiKey": ["read"]}]
    assert {"/page", "/livez", "/readyz"}.isdisjoint(security)
    assert document["components"]["securitySchemes"].keys() == {"apiKey"}
    assert document["paths"]["/rules"]["post"]["responses"]["401"]["$ref"] == "#/components/responses/unauthenticated"
