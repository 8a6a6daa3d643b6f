"""Answers compressed for those who take it, through a real Starlette application."""

import zlib
from collections.abc import AsyncIterator

import httpx
import pytest
from backports import zstd
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from service_kit.compression import MIN_BYTES, THREAD_BYTES, Compression, coding_of

LONG = b'{"value": 21.5}' * 20_000
assert len(LONG) > THREAD_BYTES


async def whole(request: Request) -> Response:
    size = int(request.query_params.get("size", len(LONG)))
    kind = request.query_params.get("type", "application/json")
    return Response(LONG[:size], media_type=kind, headers={"ETag": '"same"', "Vary": "Accept"})


async def pieces(_: Request) -> Response:
    async def body() -> AsyncIterator[bytes]:
        for start in range(0, len(LONG), 50_000):
            yield LONG[start : start + 50_000]

    return StreamingResponse(body(), media_type="text/csv")


async def empty(_: Request) -> Response:
    return Response(status_code=304, media_type="application/json")


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = Compression(Starlette(routes=[Route("/", whole), Route("/pieces", pieces), Route("/empty", empty)]))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://here") as client:
        yield client


async def raw(client: httpx.AsyncClient, path: str, accepted: str) -> tuple[httpx.Response, bytes]:
    """The answer, and its body as it went over the wire."""
    async with client.stream("GET", path, headers={"Accept-Encoding": accepted}) as answer:
        return answer, b"".join([piece async for piece in answer.aiter_raw()])


@pytest.mark.parametrize("path", ["/", "/pieces"])
@pytest.mark.parametrize("coding", ["gzip", "zstd"])
async def test_what_is_sent_is_the_answer_in_that_coding(client: httpx.AsyncClient, path: str, coding: str) -> None:
    answer, body = await raw(client, path, coding)
    assert answer.headers["content-encoding"] == coding
    assert len(body) < len(LONG) / 10
    assert (zlib.decompress(body, 31) if coding == "gzip" else zstd.decompress(body)) == LONG
    assert answer.headers.get("content-length", str(len(body))) == str(len(body))


async def test_caches_are_told_what_it_depends_on_and_that_the_bytes_differ(client: httpx.AsyncClient) -> None:
    answer, _ = await raw(client, "/", "gzip")
    assert answer.headers["vary"] == "Accept, Accept-Encoding"
    assert answer.headers["etag"] == 'W/"same"'


@pytest.mark.parametrize(
    ("path", "accepted"),
    [
        (f"/?size={MIN_BYTES - 1}", "gzip"),
        ("/?type=application/vnd.apache.parquet", "gzip"),
        ("/?type=text/event-stream", "gzip"),
        ("/", "identity"),
        ("/", ""),
        ("/empty", "gzip"),
    ],
)
async def test_what_does_not_shrink_or_is_not_wanted_goes_as_it_is(
    client: httpx.AsyncClient, path: str, accepted: str
) -> None:
    answer, body = await raw(client, path, accepted)
    assert "content-encoding" not in answer.headers
    assert LONG.startswith(body)


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip;q=1.0, zstd;q=0.5", "gzip"),
        ("zstd;q=0, gzip", "gzip"),
        ("GZIP", "gzip"),
        ("gzip;q=0", None),
        ("gzip;q=much", None),
        ("br", None),
        ("", None),
    ],
)
def test_the_coding_with_the_greatest_weight_is_taken(accepted: str, coding: str | None) -> None:
    assert coding_of(accepted) == coding
