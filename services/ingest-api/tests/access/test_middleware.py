"""The application with `auth=on`, its keys in memory instead of Kafka."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Counter

from ingest_api.app import POLICY, create_app
from ingest_api.settings import Settings
from iot_contracts.api_keys import RateLimit
from service_kit.access.quotas import SharedQuotas
from service_kit.access.service import AccessService, access_counter
from service_kit.access_examples import InMemoryKeys, a_key, bearer


@pytest.fixture
def source() -> InMemoryKeys:
    return InMemoryKeys()


@pytest.fixture
def decisions() -> Counter:
    return access_counter(CollectorRegistry())


@pytest.fixture
def guarded(
    app: FastAPI, settings: Settings, source: InMemoryKeys, decisions: Counter, tmp_path: Path
) -> Iterator[FastAPI]:
    guarded = create_app(settings.model_copy(update={"auth": "on"}))
    with SharedQuotas(tmp_path / "limits", sets=4) as quotas:
        guarded.state.access = AccessService(source, quotas, decisions, passwords=POLICY.passwords)
        guarded.state.runtime = app.state.runtime
        yield guarded


@pytest.fixture
async def client(guarded: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=guarded, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


async def post(client: httpx.AsyncClient, reading: Any, **headers: str) -> httpx.Response:
    return await client.post("/v1/readings", json=reading, headers=headers)


async def test_a_key_with_scope_write_may_write(
    client: httpx.AsyncClient, source: InMemoryKeys, a_reading: dict[str, Any]
) -> None:
    source.put(a_key())
    answer = await post(client, a_reading, **bearer())
    assert answer.status_code == 202
    assert "ratelimit" not in answer.headers


async def test_without_a_key_nothing_is_taken(
    client: httpx.AsyncClient, producer: Any, a_reading: dict[str, Any]
) -> None:
    answer = await post(client, a_reading)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == 'Bearer realm="iot"'
    assert answer.headers["x-request-id"] == answer.json()["request_id"]
    assert producer.written == []


async def test_a_key_that_may_only_read_is_forbidden_to_write(
    client: httpx.AsyncClient, source: InMemoryKeys, a_reading: dict[str, Any]
) -> None:
    source.put(a_key(scopes=("read",)))
    answer = await post(client, a_reading, **bearer())
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
    assert (await client.get("/metrics", headers=bearer())).status_code == 200


async def test_the_quota_is_told_and_then_holds(
    client: httpx.AsyncClient, source: InMemoryKeys, producer: Any, a_reading: dict[str, Any]
) -> None:
    source.put(a_key(rate_limit=RateLimit(requests=2, window_s=3600)))
    answers = [await post(client, a_reading, **bearer()) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert [answer.headers["ratelimit"].split(";t=")[0] for answer in answers] == [
        '"requests";r=1',
        '"requests";r=0',
        '"requests";r=0',
    ]
    assert {answer.headers["ratelimit-policy"] for answer in answers} == {'"requests";q=2;w=3600'}
    assert answers[2].json()["code"] == "rate_limited"
    assert 1790 <= int(answers[2].headers["retry-after"]) <= 1800
    assert len(producer.written) == 2


@pytest.mark.parametrize(
    ("path", "bodies"),
    [
        ("/write", ({"error": "…"}, {"error": "…"}, {"error": "…"})),
        (
            "/api/v2/write",
            (
                {"code": "unauthorized", "message": "…"},
                {"code": "forbidden", "message": "…"},
                {"code": "too many requests", "message": "…"},
            ),
        ),
        ("/api/v3/write_lp", ({"error": "…", "data": None},) * 3),
    ],
)
async def test_influxdb_s_addresses_refuse_in_their_own_words(
    client: httpx.AsyncClient, source: InMemoryKeys, path: str, bodies: tuple[dict[str, Any], ...]
) -> None:
    reader, once = "0" * 16, "1" * 16
    source.put(a_key(key_id=reader, scopes=("read",)))
    source.put(a_key(key_id=once, rate_limit=RateLimit(requests=1, window_s=3600)))
    assert (await client.post(path, content=b"m value=1", headers=bearer(once))).status_code == 204
    refused = [await client.post(path, content=b"m value=1", headers=h) for h in ({}, bearer(reader), bearer(once))]
    assert [answer.status_code for answer in refused] == [401, 403, 429]
    for answer, body in zip(refused, bodies, strict=True):
        text = "message" if "message" in body else "error"
        assert answer.headers["content-type"] == "application/json"
        assert answer.json() | {text: "…"} == body
        assert "key" in answer.json()[text].lower()
    assert "www-authenticate" in refused[0].headers
    assert "retry-after" in refused[2].headers


async def test_a_client_of_influxdb_1_sends_the_token_as_its_password(
    client: httpx.AsyncClient, source: InMemoryKeys
) -> None:
    source.put(a_key())
    token = bearer()["Authorization"].removeprefix("Bearer ")
    answer = await client.post("/write?db=telegraf", content=b"m value=1", auth=("telegraf", token))
    assert answer.status_code == 204


EVIL = {"Origin": "https://evil.example.org", "Sec-Fetch-Site": "cross-site"}


async def test_a_valid_key_replaces_the_origin_check(
    client: httpx.AsyncClient, source: InMemoryKeys, producer: Any, a_reading: dict[str, Any]
) -> None:
    source.put(a_key())
    assert (await post(client, a_reading, **bearer(), **EVIL)).status_code == 202
    influx = {"Authorization": bearer()["Authorization"].replace("Bearer", "Token")}
    assert (await client.post("/api/v2/write", content=b"m value=1", headers=influx | EVIL)).status_code == 204
    assert len(producer.written) == 2


@pytest.mark.parametrize("key_id", ["", "0" * 16])
async def test_a_key_that_is_not_valid_does_not(
    client: httpx.AsyncClient, source: InMemoryKeys, producer: Any, a_reading: dict[str, Any], key_id: str
) -> None:
    source.put(a_key())
    answer = await post(client, a_reading, **(bearer(key_id) if key_id else {}), **EVIL)
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")
    assert producer.written == []


async def test_a_password_does_not_since_a_browser_sends_it_by_itself(
    client: httpx.AsyncClient, source: InMemoryKeys
) -> None:
    source.put(a_key())
    password = ("telegraf", bearer()["Authorization"].removeprefix("Bearer "))
    answer = await client.post("/write", content=b"m value=1", headers=EVIL, auth=password)
    assert answer.status_code == 403
    assert (await client.post("/write", content=b"m value=1", auth=password)).status_code == 204


async def test_no_key_replaces_the_host_check(
    client: httpx.AsyncClient, source: InMemoryKeys, a_reading: dict[str, Any]
) -> None:
    source.put(a_key())
    assert (await post(client, a_reading, Host="rebound.example.org", **bearer())).status_code == 421


async def test_the_origin_check_takes_nothing_off_the_quota(
    client: httpx.AsyncClient, source: InMemoryKeys, a_reading: dict[str, Any]
) -> None:
    source.put(a_key(rate_limit=RateLimit(requests=2, window_s=3600)))
    answers = [await post(client, a_reading, **bearer(), **EVIL) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 429]


async def test_while_the_keys_are_unknown_another_site_is_told_to_come_again_too(
    client: httpx.AsyncClient, source: InMemoryKeys, a_reading: dict[str, Any]
) -> None:
    source.unknown = "The API keys have not been read yet"
    assert (await post(client, a_reading, **bearer(), **EVIL)).status_code == 503


async def test_until_the_keys_are_read_nobody_is_let_in(
    client: httpx.AsyncClient, source: InMemoryKeys, a_reading: dict[str, Any]
) -> None:
    source.put(a_key())
    source.unknown = "The API keys have not been read yet"
    answer = await post(client, a_reading, **bearer())
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "keys_unavailable", "1")


async def test_one_client_s_idempotency_keys_are_not_another_s(
    client: httpx.AsyncClient, source: InMemoryKeys, producer: Any, a_reading: dict[str, Any]
) -> None:
    source.put(a_key())
    source.put(a_key(key_id="0" * 16))
    del a_reading["reading_id"]
    for headers in (bearer(), bearer("0" * 16)):
        answer = await post(client, a_reading, **headers, **{"Idempotency-Key": "1"})
        assert (answer.status_code, answer.headers.get("idempotency-replayed")) == (202, None)
    assert producer.written[0].reading_id != producer.written[1].reading_id


async def test_decisions_are_counted(
    client: httpx.AsyncClient, source: InMemoryKeys, a_reading: dict[str, Any], decisions: Counter
) -> None:
    source.put(a_key(scopes=("read",)))
    await post(client, a_reading)
    await post(client, a_reading, **bearer())
    await client.get("/metrics", headers=bearer())
    for outcome in ("unauthenticated", "insufficient_scope", "granted"):
        assert decisions.labels(outcome)._value.get() == 1


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/docs", "/docs/start.js", "/openapi.json"])
async def test_health_and_the_description_are_open(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 200


def test_an_address_that_nobody_thought_of_is_closed() -> None:
    assert POLICY.needed_scope("POST", "/v2/whatever") == "write"
    assert POLICY.needed_scope("DELETE", "/livez/..") == "write"
    assert POLICY.needed_scope("GET", "/v2/whatever") == "read"


def test_the_document_says_where_a_key_is_needed(guarded: FastAPI, app: FastAPI) -> None:
    operations = guarded.openapi()["paths"]
    assert operations["/v1/readings"]["post"]["security"] == [{}, {"apiKey": ["write"]}, {"password": ["write"]}]
    assert "security" not in operations["/livez"]["get"]
    assert app.openapi() == guarded.openapi()
