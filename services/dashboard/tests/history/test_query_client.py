"""Asking query-api: its answers pass as they are, its absence is named."""

import asyncio

import httpx
import pytest

from dashboard.errors import AnswerTooLargeError, HistoryUnavailableError
from dashboard.history.query_client import MAX_ANSWER_BYTES, QueryClient
from dashboard.upstream import Answer
from service_kit.testing import wait_until


class QueryApi:
    """Answers as told."""

    def __init__(self) -> None:
        self.answer: httpx.Response | Exception = httpx.Response(200, json={"readings": 3})
        self.asked: list[httpx.URL] = []

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def client(self, probe_interval_s: float = 10) -> QueryClient:
        http = httpx.AsyncClient(transport=httpx.MockTransport(self.handle), base_url="http://query-api")
        return QueryClient(http, probe_interval_s=probe_interval_s)


async def test_an_answer_passes_as_it_is() -> None:
    api = QueryApi()
    answer = await api.client().get("/v1/stats", {"group_by": "sensor_type,location"})
    assert answer == Answer(200, b'{"readings":3}', "application/json")
    assert str(api.asked[0]) == "http://query-api/v1/stats?group_by=sensor_type%2Clocation"


async def test_what_the_caller_did_wrong_passes_too() -> None:
    api = QueryApi()
    api.answer = httpx.Response(422, json={"code": "x"}, headers={"content-type": "application/problem+json"})
    answer = await api.client().get("/v1/stats", {})
    assert (answer.status, answer.media_type) == (422, "application/problem+json")


@pytest.mark.parametrize(
    "answer",
    [
        *(httpx.ConnectError("refused"), httpx.ReadTimeout("slow")),
        *(httpx.Response(503, text="no table yet"), httpx.Response(421, json={"detail": "no name of this service"})),
    ],
)
async def test_when_it_is_away_the_error_names_it(answer: httpx.Response | Exception) -> None:
    api = QueryApi()
    api.answer = answer
    with pytest.raises(HistoryUnavailableError, match="query-api at http://query-api") as error:
        await api.client().get("/v1/summary", {})
    assert error.value.status == 503
    assert error.value.code == "history_unavailable"


async def test_its_own_explanation_is_passed_on() -> None:
    api = QueryApi()
    api.answer = httpx.Response(503, json={"code": "catching_up", "detail": "ask again in a second"})
    with pytest.raises(HistoryUnavailableError, match=r"answered 503: ask again in a second$"):
        await api.client().get("/v1/summary", {})


async def test_a_change_is_sent_as_it_came() -> None:
    api = QueryApi()
    answer = await api.client().ask("POST", "/v1/alerts/A/acknowledge", body=b'{"by":"Amina"}')
    assert answer.status == 200
    assert str(api.asked[0]) == "http://query-api/v1/alerts/A/acknowledge"


async def test_an_answer_beyond_the_limit_is_refused() -> None:
    api = QueryApi()
    api.answer = httpx.Response(200, content=b" " * (MAX_ANSWER_BYTES + 1))
    with pytest.raises(AnswerTooLargeError, match="ask for less"):
        await api.client().get("/v1/timeseries", {})


async def test_readiness_follows_it_up_and_down() -> None:
    api = QueryApi()
    api.answer = httpx.ConnectError("refused")
    client = api.client(probe_interval_s=0.001)
    watching = asyncio.create_task(client.watch())

    async def says(text: str) -> bool:
        return text in str(await client.missing())

    await wait_until(lambda: says("does not answer"), deadline_s=2, otherwise="its absence is not told")
    api.answer = httpx.Response(503, json={"missing": {"hdfs": "away"}})
    await wait_until(lambda: says("is not ready (hdfs: away)"), deadline_s=2, otherwise="what it lacks is not told")
    api.answer = httpx.Response(200)
    await wait_until(lambda: says("None"), deadline_s=2, otherwise="its return is not noticed")
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
