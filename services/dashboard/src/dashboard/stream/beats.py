"""What the stream says at an interval: heartbeats, and the pipeline's health while somebody listens to it."""

import asyncio
from collections.abc import Awaitable, Callable

from dashboard.pipeline.schemas import Pipeline
from dashboard.stream.fanout import Fanout
from iot_contracts.stream_frames import StageHealth

HEALTH_INTERVAL_S = 5.0


async def beat(fanout: Fanout, interval_s: float) -> None:
    """Publish heartbeats until cancelled."""
    while True:
        await asyncio.sleep(interval_s)
        fanout.publish_heartbeat()


async def watch_health(fanout: Fanout, observe: Callable[[], Awaitable[Pipeline]]) -> None:
    """Publish what changes of the stages' health until cancelled; asks nobody while nobody has subscribed."""
    while True:
        if fanout.is_health_wanted:
            stages = (await observe()).stages
            fanout.publish_health(
                [StageHealth(stage=stage.name, health=stage.health, reason=stage.reason) for stage in stages]
            )
        await asyncio.sleep(HEALTH_INTERVAL_S)
