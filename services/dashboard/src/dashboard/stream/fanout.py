"""Numbers what arrives from Kafka and puts it to every session that has subscribed to it."""

import random
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec

from dashboard.errors import TooManyConnectionsError
from dashboard.live.state import LiveState
from dashboard.metrics import Metrics
from dashboard.settings import Settings
from dashboard.stream.filters import Matcher, Subscriptions
from dashboard.stream.outbox import Frame, Outbox, data_text
from dashboard.stream.requests import parse_request
from dashboard.stream.session import Session
from dashboard.stream.topic_log import Entry, TopicLog, encoded
from iot_contracts.stream_frames import (
    CloseReason,
    GapReason,
    Heartbeat,
    LostReason,
    Pong,
    StageHealth,
    StreamError,
    Subscribed,
    Unsubscribed,
)
from iot_contracts.stream_requests import Ping, StreamPosition, StreamTopic, Subscribe, Unsubscribe

RECOVERED_PER_FRAME = 500
MIN_RETRY_AFTER_MS = 1000
MAX_RETRY_AFTER_MS = 5000
"""Clients are told to come back after a time between these, so that a thousand don't come at once."""


def retry_after_ms() -> int:
    """How long one client is to wait before it connects again."""
    return random.randint(MIN_RETRY_AFTER_MS, MAX_RETRY_AFTER_MS)  # noqa: S311 # spreads load, keeps no secret


class Fanout:
    """All sessions and the topics' logs. Runs in one event loop and never waits."""

    def __init__(
        self, state: LiveState, settings: Settings, metrics: Metrics, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.epoch = secrets.token_hex(8)
        self._state = state
        self._settings = settings
        self._metrics = metrics
        self._now = now
        self._logs = {
            topic: TopicLog(max_entries=settings.stream_log_messages, max_age_s=settings.stream_log_s)
            for topic in StreamTopic
        }
        self._subscriptions = {topic: Subscriptions[Session]() for topic in StreamTopic}
        self._sessions: set[Session] = set()
        self._health: dict[str, StageHealth] = {}

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session without subscriptions. Raises TooManyConnectionsError when no more are allowed."""
        if len(self._sessions) >= self._settings.stream_max_connections:
            raise TooManyConnectionsError(
                f"{self._settings.stream_max_connections} streams are open, the maximum; try again later",
                headers={"Retry-After": str(MAX_RETRY_AFTER_MS // 1000)},
            )
        outbox = Outbox(max_messages=self._settings.max_pending_readings, max_keys=self._settings.max_sensors)
        session = Session(outbox, retry_after_ms=retry_after_ms())
        self._sessions.add(session)
        self._metrics.streams.set(len(self._sessions))
        try:
            yield session
        finally:
            for topic in list(session.matchers):
                self._end(session, topic)
            self._sessions.discard(session)
            self._metrics.streams.set(len(self._sessions))

    def handle(self, session: Session, text: str) -> None:
        """Do what a client's message asks for, or answer what is wrong with it."""
        match parse_request(text):
            case Subscribe() as request:
                self.subscribe(session, request)
            case Unsubscribe() as request:
                if request.topic in session.matchers:
                    self._end(session, request.topic)
                    session.answer(Frame.of(Unsubscribed(topic=request.topic)))
                else:
                    self.refuse(session, StreamError(code="not_subscribed", message=f"No {request.topic} to end"))
            case Ping() as request:
                session.answer(Frame.of(Pong(id=request.id)))
            case StreamError() as error:
                self.refuse(session, error)

    def refuse(self, session: Session, error: StreamError) -> None:
        """Answer that a request can't be done; everything else stays as it is."""
        self._metrics.stream_errors.labels(error.code).inc()
        session.answer(Frame.of(error))

    def subscribe(self, session: Session, request: Subscribe) -> None:
        """Start or change a subscription: first the answer, then what was missed or the state, then what comes."""
        topic, matcher = request.topic, Matcher.of(request.filter)
        if topic in session.matchers:
            self._end(session, topic)
        missed = None if request.resume is None else self._missed(topic, request.resume)
        sequence = self._logs[topic].sequence
        subscribed = Subscribed(
            topic=topic,
            filter=request.filter,
            epoch=self.epoch,
            sequence=request.resume.sequence if request.resume and isinstance(missed, list) else sequence,
            recovered=None if missed is None else isinstance(missed, list),
            reason=missed if isinstance(missed, str) else None,
        )
        session.matchers[topic] = matcher
        self._subscriptions[topic].add(matcher, session)
        session.answer(Frame.of(subscribed, {topic: subscribed.sequence}))
        if isinstance(missed, list):
            self._recover(session, topic, [entry for entry in missed if matcher.matches(entry.message)])
        elif request.snapshot:
            texts = [encoded(message) for message in self._current(topic) if matcher.matches(message)]
            session.answer(Frame(data_text(topic, sequence, texts, snapshot=True), {topic: sequence}))

    def publish(self, topic: StreamTopic, messages: Sequence[msgspec.Struct]) -> None:
        """Put messages, each for the first time, to everybody whose filter matches."""
        log = self._logs[topic]
        entries = log.append(messages, self._now())
        for matched, sessions in self._subscriptions[topic].matching(entries):
            frame = Frame.of_entries(topic, matched, log.sequence)
            for session in sessions:
                session.offer(topic, frame)

    def publish_health(self, stages: Sequence[StageHealth]) -> None:
        """Put the stages whose health is another than before."""
        changed = [stage for stage in stages if self._health.get(stage.stage) != stage]
        self._health.update({stage.stage: stage for stage in changed})
        if changed:
            self.publish(StreamTopic.HEALTH, changed)

    @property
    def is_health_wanted(self) -> bool:
        """Whether anybody has subscribed to it."""
        return len(self._subscriptions[StreamTopic.HEALTH]) > 0

    def publish_gap(self, topic: StreamTopic, reason: GapReason, skipped: int) -> None:
        """Put that messages of a topic are missing for everybody; nobody can resume across those that were skipped."""
        if reason == "service_behind":
            self._logs[topic].interrupt()
        for session in self._subscriptions[topic].everybody():
            session.gap(topic, reason, skipped)

    def publish_heartbeat(self) -> None:
        """Tell every session that is up to date how far that is."""
        positions = {topic: log.sequence for topic, log in self._logs.items()}
        sequences = {topic.value: sequence for topic, sequence in positions.items()}
        heartbeat = Heartbeat(epoch=self.epoch, sequences=sequences, server_time=datetime.now(UTC))
        frame = Frame.of(heartbeat, positions)
        for session in self._sessions:
            session.heartbeat(frame)

    def close(self, reason: CloseReason) -> None:
        """End every session."""
        for session in self._sessions:
            session.close(reason)

    def _end(self, session: Session, topic: StreamTopic) -> None:
        self._subscriptions[topic].remove(session.matchers.pop(topic), session)
        session.positions.pop(topic, None)
        session.outbox.discard(topic)

    def _missed(self, topic: StreamTopic, position: StreamPosition) -> list[Entry] | LostReason:
        if position.epoch != self.epoch:
            return "epoch_changed"
        return self._logs[topic].since(position.sequence)

    def _recover(self, session: Session, topic: StreamTopic, missed: list[Entry]) -> None:
        for start in range(0, len(missed), RECOVERED_PER_FRAME):
            part = missed[start : start + RECOVERED_PER_FRAME]
            sequence = part[-1].sequence
            session.answer(Frame(data_text(topic, sequence, (entry.text for entry in part)), {topic: sequence}))

    def _current(self, topic: StreamTopic) -> Sequence[Any]:
        match topic:
            case StreamTopic.READINGS:
                return self._state.latest_readings()
            case StreamTopic.ANOMALIES:
                return self._state.anomalies()
            case StreamTopic.ALERTS:
                return self._state.alerts()
            case StreamTopic.WINDOWS:
                return self._state.windows()
            case StreamTopic.HEALTH:
                return list(self._health.values())
