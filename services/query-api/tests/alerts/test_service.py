"""What people see of alerts and do about them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from iot_contracts.alerts import AlertTransition
from query_api.alerts.repository import apply_transitions
from query_api.alerts.schemas import ActionBody, AlertsQuery, SnoozeBody
from query_api.alerts.service import AlertsService
from query_api.alerts.status import AlertStatus
from query_api.database.connection import Database
from query_api.errors import ConflictError, NotFoundError
from query_api.notifications.enqueue import Notifier
from query_api.silences.schemas import MatcherBody, SilenceBody
from query_api.silences.service import SilencesService
from service_kit.problems import InvalidRequestError

Make = Callable[..., AlertTransition]
ALERT_1, ALERT_2, ALERT_3 = (f"{number:032x}" for number in (1, 2, 3))
NOW = datetime(2026, 3, 1, 18, tzinfo=UTC)
ANA = ActionBody(by="ana", note="looking")


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def service(database: Database, transition: Make, clock: Clock) -> AlertsService:
    """Alerts 1 to 7, of which 7 is cleared; 1 is low, 2 and 3 medium."""
    severities = {1: "low", 2: "medium", 3: "medium"}
    async with database.transaction() as session:
        await apply_transitions(
            session,
            [transition(number, 1, "opened", severity=severities.get(number, "high")) for number in range(1, 8)]
            + [transition(7, 2, "cleared")],
        )
    return AlertsService(database, Notifier().decide, clock)


async def ids(service: AlertsService, **query: object) -> list[str]:
    return [one.alert_id for one in (await service.list_alerts(AlertsQuery.model_validate(query))).alerts]


async def test_the_newest_come_first_with_the_counts_of_what_is_open(service: AlertsService) -> None:
    answer = await service.list_alerts(AlertsQuery())
    assert [one.alert_id for one in answer.alerts] == [f"{number:032x}" for number in range(7, 0, -1)]
    assert answer.open.model_dump() == {"high": 3, "medium": 2, "low": 1}
    assert answer.alerts[0].status == "cleared"
    assert answer.next_page_token is None


async def test_pages_skip_and_repeat_nothing_while_alerts_arrive(
    service: AlertsService, database: Database, transition: Make
) -> None:
    seen: list[str] = []
    token = None
    for number in range(100, 110):
        page = await service.list_alerts(AlertsQuery(limit=2, page_token=token))
        seen += [one.alert_id for one in page.alerts]
        async with database.transaction() as session:
            await apply_transitions(session, [transition(number, 1, "opened")])
        token = page.next_page_token
        if token is None:
            break
    assert seen == [f"{number:032x}" for number in range(7, 0, -1)]


@pytest.mark.parametrize("token", ["x", "!!", "W10", "WyIyMDI2LTAzLTAxVDEyOjAwOjAwIiwiYSJd"])
async def test_a_token_of_nobody_is_refused(service: AlertsService, token: str) -> None:
    with pytest.raises(InvalidRequestError, match="page_token"):
        await service.list_alerts(AlertsQuery(page_token=token))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"severity": ["low"]}, [1]),
        ({"sensor_id": ["SENSOR_2", "SENSOR_4"]}, [4, 2]),
        ({"status": ["cleared"]}, [7]),
        ({"location": ["nowhere"]}, []),
        ({"from": "2026-03-01T12:06:00Z"}, [7, 6]),
        ({"to": "2026-03-01T12:02:00Z"}, [1]),
    ],
)
async def test_filters(service: AlertsService, query: dict[str, object], expected: list[int]) -> None:
    assert await ids(service, **query) == [f"{number:032x}" for number in expected]


async def test_what_somebody_does_is_shown_and_stands_in_the_history(service: AlertsService) -> None:
    answer = await service.acknowledge(ALERT_1, ANA)
    assert (answer.status, answer.acknowledged_by) == ("acknowledged", "ana")
    assert await ids(service, status=["acknowledged"]) == [ALERT_1]
    detail = await service.get_alert(ALERT_1)
    assert [(one.event, one.by, one.note) for one in detail.history] == [
        ("opened", None, None),
        ("acknowledged", "ana", "looking"),
    ]
    assert (await service.list_alerts(AlertsQuery())).open.low == 0


async def test_a_snooze_ends_by_itself(service: AlertsService, clock: Clock) -> None:
    assert (await service.snooze(ALERT_1, SnoozeBody(by="ana", for_s=60))).status is AlertStatus.SNOOZED
    assert await ids(service, status=["snoozed"]) == [ALERT_1]
    clock.now += timedelta(seconds=61)
    assert await ids(service, status=["snoozed"]) == []
    assert ALERT_1 in await ids(service, status=["open"])


async def test_a_resolved_alert_stays_so_whatever_the_stream_says(
    service: AlertsService, database: Database, transition: Make
) -> None:
    await service.resolve(ALERT_1, ANA)
    async with database.transaction() as session:
        await apply_transitions(session, [transition(1, 2, "updated", severity="low")])
    assert await ids(service, status=["resolved"]) == [ALERT_1]
    with pytest.raises(ConflictError, match="resolved already"):
        await service.acknowledge(ALERT_1, ANA)


async def test_an_alert_that_is_not_there_is_named(service: AlertsService) -> None:
    with pytest.raises(NotFoundError, match="no alert nobody"):
        await service.resolve("nobody", ANA)


async def test_a_silence_is_previewed_shown_and_ended(service: AlertsService, database: Database, clock: Clock) -> None:
    silences = SilencesService(database, clock)
    matcher = MatcherBody.model_validate({"severity": ["medium"]})
    preview = await silences.preview(matcher)
    assert (preview.active_alerts, preview.sensors) == (2, ["SENSOR_2", "SENSOR_3"])
    made = await silences.create(SilenceBody(matcher=matcher, until=NOW + timedelta(hours=1), reason="works", by="ana"))
    silenced = [one.alert_id for one in (await service.list_alerts(AlertsQuery())).alerts if one.silenced]
    assert silenced == [ALERT_3, ALERT_2]
    assert not (await silences.end(made.silence_id)).active
    assert not any(one.silenced for one in (await service.list_alerts(AlertsQuery())).alerts)
