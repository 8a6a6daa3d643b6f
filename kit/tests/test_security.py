"""Which requests reach a service, by its settings; security_examples has those that all services take or refuse."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request, Response, WebSocket
from hypothesis import given
from hypothesis import strategies as st

from service_kit.access_examples import InMemoryKeys, a_key, bearer, use_keys
from service_kit.app import create_service_app
from service_kit.health import Readiness
from service_kit.hosts import parse_authority, parse_origin
from service_kit.metrics import create_registry
from service_kit.problems import Refusal, ServiceError, error_response
from service_kit.security_examples import EXAMPLES, FOREIGN, Example, refused, status_of
from service_kit.settings import ServiceSettings

OWN = ("Host", "127.0.0.1:8000")
EVIL = ("Origin", "https://evil.example.org")
router = APIRouter()


@router.api_route("/", methods=["GET", "POST", "HEAD", "OPTIONS"])
async def anything() -> None: ...


@router.get("/broken")
async def broken() -> None:
    raise RuntimeError


@router.websocket("/ws")
async def live(websocket: WebSocket) -> None:
    await websocket.accept()


@asynccontextmanager
async def no_lifespan(_app: FastAPI) -> AsyncIterator[None]:
    yield


def service(*, settings: dict[str, Any] | None = None, refusal: Refusal = error_response) -> FastAPI:
    return create_service_app(
        "service-kit",
        description="",
        settings=ServiceSettings(port=1, **(settings or {})),
        registry=create_registry(),
        readiness=Readiness(),
        lifespan=no_lifespan,
        routers=(router,),
        refusal=refusal,
    )


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
async def test_requests_for_other_hosts_and_of_other_sites_are_refused(example: Example) -> None:
    app = service()
    for method in ("GET", "HEAD", "OPTIONS"):
        assert await refused(app, method, "/", example.headers) == status_of(example.reading)
    for method in ("POST", "PUT", "PATCH", "DELETE", "TRACE", "get"):
        assert await refused(app, method, "/", example.headers) == status_of(example.changing)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
async def test_a_websocket_is_refused_before_the_handshake(example: Example) -> None:
    sent: list[Any] = []
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in example.headers]
    scope = {"type": "websocket", "path": "/ws", "query_string": b"", "headers": headers, "subprotocols": []}

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await service()(scope, receive, send)
    assert sent[0]["type"] == ("websocket.close" if example.changing else "websocket.accept")


async def test_a_name_counts_once_a_setting_names_it() -> None:
    app = service(settings={"allowed_hosts": "ingest-api, IoT.example.org"})
    for host in ("ingest-api:8001", "iot.example.org", "IOT.EXAMPLE.ORG.:443"):
        assert await refused(app, "GET", "/", (("Host", host),)) is None
    assert await refused(app, "POST", "/", (("Host", "ingest-api:8001"), ("Origin", "http://ingest-api:8001"))) is None
    for host in ("query-api:8001", "www.iot.example.org", "example.org"):
        assert await refused(app, "GET", "/", (("Host", host),)) == 421


async def test_the_name_that_a_service_listens_on_is_its_own() -> None:
    assert (
        await refused(
            service(settings={"host": "Sensors.lan", "published_host": "127.0.0.1"}),
            "GET",
            "/",
            (("Host", "sensors.lan:1"),),
        )
        is None
    )


@pytest.mark.parametrize("site", [(), (("Sec-Fetch-Site", "cross-site"),)])
async def test_a_page_may_change_something_once_a_setting_names_its_origin(site: tuple[tuple[str, str], ...]) -> None:
    app = service(settings={"allowed_origins": "https://iot.example.org/,http://127.0.0.1:9000"})
    for origin in ("https://iot.example.org", "https://iot.example.org:443", "http://127.0.0.1:9000"):
        assert await refused(app, "POST", "/", (OWN, ("Origin", origin), *site)) is None
    for origin in ("http://iot.example.org", "https://iot.example.org:8443", "null"):
        assert await refused(app, "POST", "/", (OWN, ("Origin", origin), *site)) == 403


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("allowed_hosts", "ingest-api:8001"),
        ("allowed_hosts", "*"),
        ("allowed_hosts", "http://iot.example.org"),
        ("allowed_origins", "iot.example.org"),
        ("allowed_origins", "*"),
        ("allowed_origins", "null"),
    ],
)
def test_a_setting_that_would_never_match_is_refused_at_the_start(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=name):
        ServiceSettings.model_validate({"port": 1, name: value})


async def test_a_valid_key_replaces_the_origin_and_not_the_host() -> None:
    app, source = service(settings={"auth": "on"}), InMemoryKeys()
    source.put(a_key(scopes=("admin",)))
    use_keys(app, source)
    good, bad = ("Authorization", bearer()["Authorization"]), ("Authorization", "Bearer bad")
    assert await refused(app, "POST", "/", (OWN, EVIL, good)) is None
    assert await refused(app, "POST", "/", (OWN, EVIL, bad)) == 403
    assert await refused(app, "POST", "/", (("Host", "evil.example.org"), good)) == 421


async def test_what_is_refused_says_which_setting_to_change() -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(service()), base_url="http://iot.example.org") as client:
        answer = await client.get("/", headers={"X-Request-Id": "r1"})
        assert (answer.status_code, answer.headers["content-type"]) == (421, "application/problem+json")
        assert (answer.json()["code"], answer.json()["request_id"]) == ("misdirected_request", "r1")
        assert "ALLOWED_HOSTS" in answer.json()["detail"]
        answer = await client.post("http://127.0.0.1/", headers=dict([EVIL]))
        assert (answer.status_code, answer.json()["code"]) == (403, FOREIGN)
        assert "ALLOWED_ORIGINS" in answer.json()["detail"]
        assert "evil.example.org" in answer.json()["detail"]


async def test_a_service_may_refuse_in_its_own_words() -> None:
    def refusal(request: Request, error: ServiceError) -> Response:
        return Response(f"{request.scope['path']}: {error.code}", error.status)

    app = service(refusal=refusal)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://evil.example.org") as client:
        assert (await client.post("/")).text == "/: misdirected_request"


@pytest.mark.parametrize("path", ["/", "/docs", "/nowhere", "/broken", "/livez", "/metrics"])
@pytest.mark.parametrize("host", ["127.0.0.1", "evil.example.org"])
async def test_every_answer_has_the_security_headers_once(path: str, host: str) -> None:
    transport = httpx.ASGITransport(service(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
        headers = (await client.get(path)).headers
    [policy] = headers.get_list("content-security-policy")
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers.get_list("x-content-type-options") == ["nosniff"]
    assert headers.get_list("referrer-policy") == ["no-referrer"]
    assert headers.get_list("cross-origin-opener-policy") == ["same-origin"]
    assert headers.get_list("cross-origin-resource-policy") == ["same-origin"]
    assert not any(name.startswith("access-control-") for name in headers)


@given(st.text(max_size=300) | st.from_regex(r"[a-z0-9.\[\]:@%-]{1,30}", fullmatch=True))
def test_what_is_read_as_a_host_is_written_as_one(text: str) -> None:
    try:
        authority = parse_authority(text)
    except ValueError:
        return
    assert parse_authority(authority.name).name == authority.name
    assert not set(authority.name) & set("@%/?# ,")


@given(st.text(max_size=100))
def test_what_is_no_origin_is_a_value_error_and_nothing_else(text: str) -> None:
    for prefix in ("", "http://", "https://"):
        try:
            parse_origin(prefix + text)
        except ValueError:
            continue
