"""Asking all services: once a second at most, none waits for another, none when nobody looks."""

import asyncio
from collections import Counter

import httpx
import pytest

from dashboard.live.consumer import LiveConsumer
from dashboard.live.hub import Hub
from dashboard.live.state import LiveState
from dashboard.metrics import Metrics
from dashboard.pipeline.observer import INTERVAL_S, PipelineObserver
from dashboard.pipeline.schemas import Pipeline
from dashboard.pipeline.service_client import ServiceClient
from dashboard.settings import Settings
from dashboard.stream.fanout import Fanout
from service_kit.metrics import create_registry

ANSWERS = {
    "simulator/v1/status": {"running": True, "sensors": 2, "rate_per_s": 10, "accepted": 30, "buffered": 0},
    "stream-processor/v1/status": {"offsets": {"0": 20}, "last_batch": None, "derived_at": None},
    "query-api/v1/status": {
        **{"snapshot": None, "files": 0, "snapshots": 0, "rows": {"cold": 0, "recent": 0, "tail": 25}},
        **{"offsets": {"0": 25}, "missing": {}},
    },
    "query-api/v1/summary": {"anomalies": 4, "anomalies_24h": 3},
    "query-api/v1/alerts": {"alerts": [], "open": {"high": 1, "medium": 0, "low": 0}},
}


class Services:
    """All services behind one transport; remembers what was asked of whom."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.answers: dict[str, httpx.Response | Exception] = {}
        self.hanging: set[str] = set()
        self.time = 1000.0

    async def handle(self, request: httpx.Request) -> httpx.Response:
        name = f"{request.url.host}{request.url.path}"
        self.asked[name] += 1
        if request.url.host in self.hanging:
            await asyncio.Event().wait()
        told = self.answers.get(name) or self.answers.get(request.url.host)
        if isinstance(told, Exception):
            raise told
        if told is not None:
            return told
        if name.endswith("/metrics"):
            return httpx.Response(200, text='ingest_readings_total{format="j",outcome="accepted"} 30.0\n')
        return httpx.Response(200, json=ANSWERS.get(name, {"status": "ready", "missing": {}}))

    def client(self, name: str) -> ServiceClient:
        transport = httpx.MockTransport(self.handle)
        return ServiceClient(name, httpx.AsyncClient(transport=transport, base_url=f"http://{name}"), timeout_s=0.05)

    def observer(self) -> PipelineObserver:
        metrics = Metrics(create_registry())
        state = LiveState(max_sensors=1, snapshot_readings=1, snapshot_alerts=1, remembered_ids=1)
        hub = Hub(
            state,
            metrics,
            Fanout(state, Settings(), metrics),
            max_connections=1,
            max_pending_readings=1,
            max_keys=1,
            send_timeout_s=1,
        )
        return PipelineObserver(
            simulator=self.client("simulator"),
            ingest=self.client("ingest-api"),
            stream=self.client("stream-processor"),
            query=self.client("query-api"),
            consumer=LiveConsumer(hub, Settings(), metrics),
            now=lambda: self.time,
        )


@pytest.fixture
def services() -> Services:
    return Services()


async def nothing_missing() -> dict[str, str]:
    return {}


def health(pipeline: Pipeline) -> dict[str, str]:
    return {stage.name: stage.health for stage in pipeline.stages}


def reasons(pipeline: Pipeline) -> dict[str, str | None]:
    return {stage.name: stage.reason for stage in pipeline.stages}


async def test_nobody_is_asked_before_somebody_looks(services: Services) -> None:
    services.observer()
    await asyncio.sleep(0)
    assert not services.asked


async def test_however_many_look_each_address_is_asked_once_a_second(services: Services) -> None:
    observer = services.observer()
    seen = await asyncio.gather(*(observer.observe(nothing_missing) for _ in range(50)))
    assert all(one is seen[0] for one in seen)
    services.time += INTERVAL_S / 2
    await observer.observe(nothing_missing)
    assert len(services.asked) == 10
    assert set(services.asked.values()) == {1}
    services.time += INTERVAL_S / 2
    await observer.observe(nothing_missing)
    assert set(services.asked.values()) == {2}


async def test_the_figures_are_the_services_own(services: Services) -> None:
    pipeline = await services.observer().observe(nothing_missing)
    assert pipeline.fleet is not None
    assert pipeline.table is not None
    assert (pipeline.fleet.sensors, pipeline.table.tail) == (2, 25)
    assert (pipeline.detection.anomalies, pipeline.detection.open_high) == (4, 1)
    assert {name for name, state in health(pipeline).items() if state == "ready"} >= {"simulator", "ingest-api"}


async def test_one_that_hangs_holds_nobody_up(services: Services) -> None:
    services.hanging.add("stream-processor")
    async with asyncio.timeout(2):
        pipeline = await services.observer().observe(nothing_missing)
    assert health(pipeline)["stream-processor"] == "no_answer"
    assert (
        reasons(pipeline)["stream-processor"]
        == "stream-processor at http://stream-processor does not answer (TimeoutError)"
    )
    assert health(pipeline)["query-api"] == "ready"


async def test_one_that_is_not_ready_is_quoted(services: Services) -> None:
    missing = {"kafka": "no broker answers", "progress": "5 messages wait"}
    services.answers["stream-processor/readyz"] = httpx.Response(503, json={"status": "not ready", "missing": missing})
    pipeline = await services.observer().observe(nothing_missing)
    assert health(pipeline)["stream-processor"] == "not_ready"
    assert reasons(pipeline)["stream-processor"] == "kafka: no broker answers; progress: 5 messages wait"


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (httpx.ConnectError("refused"), "does not answer (ConnectError)"),
        (httpx.Response(421, json={"detail": "no name of this service"}), "answered 421: no name of this service"),
        (httpx.Response(200, text="<html>another program</html>"), "cannot be understood"),
        (httpx.Response(200, json={"offsets": {}}), "cannot be understood"),
    ],
)
async def test_what_is_no_answer_is_told_as_such(
    services: Services, answer: httpx.Response | Exception, cause: str
) -> None:
    services.answers["stream-processor"] = answer
    pipeline = await services.observer().observe(nothing_missing)
    assert health(pipeline)["stream-processor"] == "no_answer"
    assert cause in str(reasons(pipeline)["stream-processor"])


async def test_what_this_service_lacks_is_its_own_stages_reason(services: Services) -> None:
    async def missing() -> dict[str, str]:
        return {"page": "it is not built"}

    pipeline = await services.observer().observe(missing)
    assert (health(pipeline)["dashboard"], reasons(pipeline)["dashboard"]) == ("not_ready", "page: it is not built")
