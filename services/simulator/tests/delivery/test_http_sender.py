from collections.abc import Callable
from typing import Any

import httpx
import pytest

from iot_contracts.readings import Reading
from simulator.delivery.http_sender import HttpSender
from simulator.delivery.tally import Tally
from simulator.errors import DeliveryAbandonedError

Make = Callable[..., list[Reading]]


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut"),
        301,
        401,
        403,
        404,
        408,
        429,
        500,
        502,
        503,
    ],
)
async def test_what_may_pass_is_met_with_the_same_readings_again(
    sender: HttpSender, ingest_api: Any, tally: Tally, make_readings: Make, waits: list[float], trouble: Any
) -> None:
    readings = make_readings(3)
    ingest_api.script = [trouble, trouble]
    result = await sender.deliver(readings)
    assert ingest_api.requests == [readings] * 3
    assert (result.accepted, tally.accepted, tally.retries) == (3, 3, 2)
    assert len(waits) == 2
    assert sender.trouble is None
    assert tally.last_error


async def test_the_server_s_retry_after_is_waited_for(
    sender: HttpSender, ingest_api: Any, make_readings: Make, waits: list[float]
) -> None:
    ingest_api.script = [(503, {"title": "away"}, {"Retry-After": "3"})]
    await sender.deliver(make_readings(1))
    assert 3 <= waits[0] <= 3.3


@pytest.mark.parametrize(("status", "accepted"), [(207, 2), (422, 0)])
async def test_rejected_readings_are_counted_and_not_sent_again(
    sender: HttpSender, ingest_api: Any, tally: Tally, make_readings: Make, status: int, accepted: int
) -> None:
    error = {"index": 1, "pointer": "/value", "code": "invalid_field", "detail": "too warm"}
    ingest_api.script = [(status, {"accepted": accepted, "rejected": 3 - accepted, "errors": [error]}, {})]
    await sender.deliver(make_readings(3))
    assert (tally.accepted, tally.rejected, len(ingest_api.requests)) == (accepted, 3 - accepted, 1)
    assert "item 1 /value: too warm" in str(tally.last_error)


@pytest.mark.parametrize("status", [400, 413, 415])
async def test_a_request_that_is_refused_counts_as_rejected_whole(
    sender: HttpSender, ingest_api: Any, tally: Tally, make_readings: Make, status: int
) -> None:
    ingest_api.script = [status]
    await sender.deliver(make_readings(3))
    assert (tally.accepted, tally.rejected, tally.retries) == (0, 3, 0)
    assert str(status) in str(tally.last_error)


async def test_patience_has_an_end(
    sender: HttpSender, ingest_api: Any, tally: Tally, make_readings: Make, waits: list[float]
) -> None:
    ingest_api.script = [httpx.ConnectError("refused")] * 3
    with pytest.raises(DeliveryAbandonedError, match=r"after 1 attempts: .*refused"):
        await sender.deliver(make_readings(1), patience_s=0)
    assert tally.accepted == 0


async def test_a_probe_says_whether_it_is_there(sender: HttpSender, ingest_api: Any) -> None:
    ingest_api.alive = False
    await sender.probe()
    assert "refused" in str(sender.trouble)
    ingest_api.alive = True
    await sender.probe()
    assert sender.trouble is None
