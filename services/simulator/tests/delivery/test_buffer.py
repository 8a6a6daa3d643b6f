import asyncio
from collections.abc import Callable

from iot_contracts.readings import Reading
from simulator.delivery.buffer import Buffer
from simulator.delivery.tally import Tally


async def test_readings_leave_in_the_order_they_came(make_readings: Callable[..., list[Reading]], tally: Tally) -> None:
    buffer = Buffer(10, tally)
    readings = make_readings(5)
    buffer.put(readings[:2])
    buffer.put(readings[2:])
    assert await buffer.take(3) == readings[:3]
    assert await buffer.take(3) == readings[3:]


async def test_a_full_buffer_drops_the_oldest_and_counts_them(
    make_readings: Callable[..., list[Reading]], tally: Tally
) -> None:
    buffer = Buffer(3, tally)
    readings = make_readings(5)
    buffer.put(readings)
    assert (tally.dropped, await buffer.take(10)) == (2, readings[2:])


async def test_it_is_empty_only_once_what_was_taken_is_delivered(
    make_readings: Callable[..., list[Reading]], tally: Tally
) -> None:
    buffer = Buffer(3, tally)
    buffer.put(make_readings(1))
    await buffer.take(10)
    empty = asyncio.ensure_future(buffer.wait_until_empty())
    await asyncio.sleep(0)
    assert (empty.done(), len(buffer)) == (False, 1)
    buffer.settle()
    await asyncio.wait_for(empty, 1)


async def test_taking_waits_for_readings(make_readings: Callable[..., list[Reading]], tally: Tally) -> None:
    buffer = Buffer(3, tally)
    taking = asyncio.ensure_future(buffer.take(10))
    await asyncio.sleep(0)
    assert not taking.done()
    buffer.put(make_readings(1))
    assert len(await asyncio.wait_for(taking, 1)) == 1
