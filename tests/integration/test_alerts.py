"""Alerts from Kafka to PostgreSQL to HTTP: exactly once, whatever is killed."""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from crash.notifications import publish, strike, transition
from service_kit.testing import wait_until
from support.kafka_broker import KafkaBroker
from support.postgres_process import PostgresProcess, postgres_process
from support.query_process import query_process

pytestmark = pytest.mark.timeout(420)
KILLS = 4
WITHIN_MS = 250


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresProcess]:
    with postgres_process() as process:
        yield process


async def test_an_alert_is_answered_within_a_quarter_second_of_its_message(
    broker: KafkaBroker, postgres: PostgresProcess, tmp_path: Path, http: httpx.AsyncClient
) -> None:
    with query_process(broker.bootstrap, tmp_path / "query.log", postgres.query_api_settings()) as query:
        await publish(broker, [b"no transition", transition(9900, 1, "opened")])

        async def seen(alert: int) -> bool:
            answer = await http.get(f"{query.url}/v1/alerts/{alert:032x}")
            return answer.status_code == 200

        await wait_until(lambda: seen(9900), deadline_s=30, otherwise="the alert does not come")
        took_ms = []
        for alert in range(9901, 9911):
            await publish(broker, [transition(alert, 1, "opened")])
            begin = time.monotonic()
            await wait_until(partial(seen, alert), deadline_s=10, otherwise="the alert does not come")
            took_ms.append((time.monotonic() - begin) * 1000)
        print(
            f"alert answered after its acknowledgement: median {sorted(took_ms)[5]:.0f} ms, max {max(took_ms):.0f} ms"
        )
        assert sorted(took_ms)[5] < WITHIN_MS


async def test_kills_lose_and_repeat_no_transition_and_no_webhook(
    broker: KafkaBroker, postgres: PostgresProcess, tmp_path: Path
) -> None:
    """A short round of `make test-crash ONLY=notifications`."""
    struck = await strike(broker, postgres, tmp_path, KILLS, seed=7)
    print(f"{struck.kills} kills: {struck.webhooks} webhooks in {struck.attempts} attempts")
    assert struck.failures == ()


async def test_while_postgresql_is_away_only_its_addresses_answer_503(
    broker: KafkaBroker, tmp_path: Path, http: httpx.AsyncClient
) -> None:
    with (
        postgres_process() as postgres,
        query_process(broker.bootstrap, tmp_path / "query.log", postgres.query_api_settings()) as query,
    ):

        async def status(path: str) -> int:
            return (await http.get(query.url + path)).status_code

        async def answers() -> bool:
            return await status("/v1/alerts") == 200

        await wait_until(answers, deadline_s=30, otherwise="no alerts are answered")
        postgres.kill()
        answer = await http.get(f"{query.url}/v1/alerts")
        assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
        assert answer.headers["retry-after"] == "1"
        assert "PostgreSQL" in (await http.get(f"{query.url}/readyz")).json()["missing"]["postgres"]
        assert await status("/v1/status") == 200
        with postgres.started_again():
            await wait_until(answers, deadline_s=30, otherwise="it does not come back")
