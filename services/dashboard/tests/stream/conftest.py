"""A fan-out as the service has it, with small limits."""

from collections.abc import Callable

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from dashboard.live.hub import Hub
from dashboard.live.state import LiveState
from dashboard.metrics import Metrics
from dashboard.settings import Settings
from dashboard.stream.fanout import Fanout
from dashboard.stream.session import Session
from iot_contracts.stream_frames import StreamFrame

MAX_PENDING = 5
MAX_STREAMS = 2
LOG_MESSAGES = 20


@pytest.fixture
def settings() -> Settings:
    return Settings(
        max_pending_readings=MAX_PENDING, stream_max_connections=MAX_STREAMS, stream_log_messages=LOG_MESSAGES
    )


@pytest.fixture
def hub(settings: Settings) -> Hub:
    """What the consumer publishes to; `fanout` is told by it."""
    state = LiveState(max_sensors=10, snapshot_readings=10, snapshot_alerts=10, remembered_ids=1000)
    metrics = Metrics(CollectorRegistry())
    return Hub(
        state,
        metrics,
        Fanout(state, settings, metrics),
        max_connections=1,
        max_pending_readings=10,
        max_keys=10,
        send_timeout_s=5,
    )


@pytest.fixture
def fanout(hub: Hub) -> Fanout:
    assert isinstance(hub._listener, Fanout)
    return hub._listener


@pytest.fixture
def taken() -> Callable[[Session], list[StreamFrame]]:
    """What waits for a session, taken by its client."""

    def take(session: Session) -> list[StreamFrame]:
        frames = iter(session.outbox.pop, None)
        return [msgspec.json.decode(frame.text, type=StreamFrame) for frame in frames]

    return take
