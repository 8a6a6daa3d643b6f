import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from iot_contracts.problems import IngestResult
from iot_domain.reading_files.records import Measurement
from simulator.delivery.http_sender import HttpSender
from simulator.delivery.tally import Tally
from simulator.errors import DeliveryAbandonedError
from simulator.replay.console import summary
from simulator.replay.sensors import ReplayedSensor
from simulator.replay.service import Tempo, batches, replay

SENSOR = ReplayedSensor("A", "machine_temperature", "Fahrenheit", "replay")
ROWS = [
    Measurement(
        place=f"line {n + 2}",
        number=n + 2,
        sent=str(n),
        timestamp=datetime(2013, 12, 2, tzinfo=UTC) + timedelta(minutes=n),
        value=float(n),
    )
    for n in range(12)
]
READINGS = [SENSOR.reading(row) for row in ROWS]


class Progress:
    def __init__(self) -> None:
        self.counts: list[int] = []

    def __call__(self, count: int, _result: IngestResult) -> None:
        self.counts.append(count)


async def test_rows_are_delivered_in_order_and_in_batches(sender: HttpSender, ingest_api: Any, tally: Tally) -> None:
    progress = Progress()
    await replay(READINGS, sender, Tempo(batch=5, patience_s=1), progress)
    assert ingest_api.requests == [[SENSOR.reading(row) for row in part] for part in (ROWS[:5], ROWS[5:10], ROWS[10:])]
    assert progress.counts == [5, 5, 2]
    assert summary(tally, 0, 1.25) == "sent 12, accepted 12, rejected 0, retried requests 0, 1.2 s"


async def test_a_batch_whose_answer_was_lost_is_sent_again_before_the_next(
    sender: HttpSender, ingest_api: Any, waits: list[float]
) -> None:
    ingest_api.script = [202, httpx.ReadError("killed"), httpx.ConnectError("refused"), 503, 202]
    await replay(READINGS, sender, Tempo(batch=6, patience_s=60), Progress())
    first, second = [SENSOR.reading(row) for row in ROWS[:6]], [SENSOR.reading(row) for row in ROWS[6:]]
    assert ingest_api.requests == [first, second, second, second, second]


async def test_without_patience_the_replay_ends(sender: HttpSender, ingest_api: Any, tally: Tally) -> None:
    ingest_api.script = [202, httpx.ConnectError("refused")]
    with pytest.raises(DeliveryAbandonedError):
        await replay(READINGS, sender, Tempo(batch=6, patience_s=0), Progress())
    assert tally.accepted == 6


@pytest.mark.parametrize(("rate", "readings"), [(None, 500), (10_000, 500), (2000, 200), (10, 1), (0.1, 1)])
def test_a_low_rate_is_sent_in_small_requests(rate: float | None, readings: int) -> None:
    many = READINGS * 100
    assert len(next(batches(many, Tempo(batch=500, patience_s=0, rate_per_s=rate)))[1]) == readings


def test_at_a_speed_readings_are_due_by_their_own_times() -> None:
    played = list(batches(READINGS[:3], Tempo(batch=500, patience_s=0, speed=120)))
    assert played == [(0.0, READINGS[:1]), (0.5, READINGS[1:2]), (1.0, READINGS[2:3])]
    late_one_last = [READINGS[2], READINGS[0]]
    assert list(batches(late_one_last, Tempo(batch=500, patience_s=0, speed=1))) == [(0.0, late_one_last)]


async def test_a_rate_is_kept(sender: HttpSender, ingest_api: Any, monkeypatch: pytest.MonkeyPatch) -> None:

    waits: list[float] = []

    async def sleep(delay_s: float) -> None:
        waits.append(delay_s)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    monkeypatch.setattr(time, "monotonic", lambda: 100.0)
    await replay(READINGS, sender, Tempo(batch=500, patience_s=1, rate_per_s=40), Progress())
    assert waits == pytest.approx([0, 0.1, 0.2])
