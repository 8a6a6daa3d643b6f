"""Which alerts inhibit which, and what somebody is told of them, on a real PostgreSQL."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from iot_contracts.alerts import AlertTransition
from query_api.alerts.repository import apply_transitions
from query_api.alerts.schemas import ActionBody, AlertsQuery
from query_api.alerts.service import AlertsService
from query_api.database.clock import utc_now
from query_api.database.connection import Database
from query_api.database.models import Delivery
from query_api.database.retention import Retention
from query_api.errors import NotFoundError
from query_api.inhibitions.schemas import InhibitionBody, InhibitionRuleBody
from query_api.inhibitions.service import InhibitionsService
from query_api.notifications.enqueue import Notifier
from query_api.notifications.schemas import WebhookBody
from query_api.notifications.service import NotificationsService
from query_api.silences.schemas import MatcherBody, SilenceBody
from query_api.silences.service import SilencesService

Make = Callable[..., AlertTransition]
ANA = ActionBody(by="ana")
CRITICAL = {"sensor_id": "S", "rule_id": "critical-value", "severity": "high"}
ABNORMAL = {"sensor_id": "S", "rule_id": "abnormal-value", "severity": "medium"}
UNUSUAL = {"sensor_id": "S", "rule_id": "unusual", "kind": "detector", "severity": "low"}


@pytest.fixture
def service(database: Database) -> AlertsService:
    return AlertsService(database, Notifier().decide)


@pytest.fixture
def inhibitions(database: Database) -> InhibitionsService:
    return InhibitionsService(database, Notifier().decide)


@pytest.fixture(autouse=True)
async def webhook(database: Database) -> UUID:
    body = WebhookBody.model_validate({"name": "on-call", "url": "http://127.0.0.1:1/"})
    return (await NotificationsService(database).create(body)).webhook_id


async def apply(database: Database, *transitions: AlertTransition) -> None:
    async with database.transaction() as session:
        await Notifier().enqueue(session, await apply_transitions(session, transitions))


async def inhibited(service: AlertsService) -> dict[int, int | None]:
    """Number of each alert → of the one that inhibits it."""
    return {
        int(one.alert_id, 16): None if one.inhibited_by is None else int(one.inhibited_by, 16)
        for one in (await service.list_alerts(AlertsQuery())).alerts
    }


async def due(database: Database) -> list[tuple[int, int]]:
    """Alert and sequence of what is to be sent."""
    async with database.transaction() as session:
        found = await session.execute(
            sa.select(Delivery.alert_id, Delivery.sequence)
            .where(Delivery.next_attempt_at.is_not(None))
            .order_by(Delivery.alert_id, Delivery.sequence)
        )
        return [(int(alert_id, 16), sequence) for alert_id, sequence in found]


async def test_the_most_severe_alert_of_a_sensor_and_metric_inhibits_the_others(
    database: Database, service: AlertsService, transition: Make
) -> None:
    await apply(database, transition(1, 0, "opened", **UNUSUAL), transition(2, 0, "opened", **ABNORMAL))
    await apply(database, transition(3, 0, "opened", **CRITICAL))
    await apply(database, transition(4, 0, "opened", **{**ABNORMAL, "sensor_type": "humidity"}))
    assert await inhibited(service) == {4: None, 3: None, 2: 3, 1: 3}
    answer = await service.list_alerts(AlertsQuery())
    assert (answer.open.high, answer.open.medium, answer.open.low) == (1, 1, 0)
    for wanted, numbers in ((True, {1, 2}), (False, {3, 4})):
        found = await service.list_alerts(AlertsQuery(inhibited=wanted))
        assert {int(one.alert_id, 16) for one in found.alerts} == numbers


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ({"kind": "threshold"}, {"kind": "detector"}),
        ({"kind": "battery"}, {"kind": "battery", "severity": "medium"}),
        ({"kind": "missing", "severity": "medium"}, {"kind": "battery"}),
        ({"kind": "no_data", "severity": "low"}, {"kind": "missing"}),
    ],
)
async def test_the_default_inhibitions(
    database: Database,
    service: AlertsService,
    transition: Make,
    source: dict[str, str],
    target: dict[str, str],
) -> None:
    await apply(database, transition(1, 0, "opened", **{"sensor_id": "S", "rule_id": "target"} | target))
    await apply(database, transition(2, 0, "opened", **{"sensor_id": "S", "rule_id": "source"} | source))
    await apply(database, transition(3, 0, "opened", **{"sensor_id": "T", "rule_id": "target"} | target))
    assert await inhibited(service) == {1: 2, 2: None, 3: None}


async def test_silence_of_a_sensor_does_not_hide_its_values(
    database: Database, service: AlertsService, transition: Make
) -> None:
    missing = {"sensor_id": "S", "rule_id": "missing", "kind": "missing"}
    await apply(database, transition(1, 0, "opened", **ABNORMAL), transition(2, 0, "opened", **missing))
    assert await inhibited(service) == {1: None, 2: None}


async def test_an_inhibited_alert_is_told_once_it_outlasts_the_other(
    database: Database, service: AlertsService, transition: Make
) -> None:
    critical, abnormal = transition(1, 0, "opened", **CRITICAL), transition(2, 0, "opened", **ABNORMAL)
    await apply(database, critical, abnormal)
    assert await due(database) == [(1, 0)]
    assert await inhibited(service) == {1: None, 2: 1}
    await apply(database, transition(1, 200, "cleared", **CRITICAL))
    await apply(database, critical, abnormal)
    assert await due(database) == [(1, 0), (1, 200), (2, 0)]
    assert await inhibited(service) == {1: None, 2: None}
    await apply(database, transition(2, 300, "cleared", **ABNORMAL))
    assert (2, 300) in await due(database)


@pytest.mark.parametrize("together", [True, False])
async def test_an_alert_that_was_inhibited_until_its_end_is_never_told(
    database: Database, service: AlertsService, transition: Make, together: bool, webhook: UUID
) -> None:
    steps = [
        transition(1, 0, "opened", **CRITICAL),
        transition(2, 0, "opened", **ABNORMAL),
        transition(2, 60, "cleared", **ABNORMAL),
        transition(1, 200, "cleared", **CRITICAL),
    ]
    for part in [steps] if together else [[step] for step in steps]:
        await apply(database, *part)
    assert await due(database) == [(1, 0), (1, 200)]
    assert await inhibited(service) == {1: None, 2: 1}
    log = (await NotificationsService(database).deliveries(webhook, 10)).deliveries
    [dropped] = [one for one in log if int(one.alert_id, 16) == 2]
    assert (dropped.held_by, dropped.attempts) == (None, 0)
    assert "inhibited it until its end" in (dropped.last_error or "")


async def test_an_alert_that_was_told_is_told_to_be_over(database: Database, transition: Make) -> None:
    await apply(database, transition(1, 0, "opened", **ABNORMAL))
    await apply(database, transition(2, 0, "opened", **CRITICAL))
    await apply(database, transition(1, 100, "cleared", **ABNORMAL))
    assert await due(database) == [(1, 0), (1, 100), (2, 0)]


async def test_of_two_that_end_together_the_one_that_outlasts_in_event_time_is_told(
    database: Database, transition: Make
) -> None:
    await apply(database, transition(1, 0, "opened", **CRITICAL), transition(2, 0, "opened", **ABNORMAL))
    await apply(database, transition(1, 100, "cleared", **CRITICAL), transition(2, 100, "cleared", **ABNORMAL))
    assert await due(database) == [(1, 0), (1, 100), (2, 0), (2, 100)]


async def test_what_somebody_resolves_inhibits_nothing_more(
    database: Database, service: AlertsService, transition: Make
) -> None:
    await apply(database, transition(1, 0, "opened", **CRITICAL), transition(2, 0, "opened", **ABNORMAL))
    await service.acknowledge(f"{1:032x}", ANA)
    assert await inhibited(service) == {1: None, 2: 1}
    await service.resolve(f"{1:032x}", ANA)
    assert await inhibited(service) == {1: None, 2: None}
    assert await due(database) == [(1, 0), (2, 0)]


async def test_one_that_takes_the_place_of_another_inhibits_in_its_place(
    database: Database, service: AlertsService, transition: Make
) -> None:
    await apply(database, transition(1, 0, "opened", **CRITICAL), transition(2, 0, "opened", **ABNORMAL))
    await apply(database, transition(3, 0, "opened", **CRITICAL))
    assert await inhibited(service) == {1: None, 2: 3, 3: None}
    await apply(database, transition(4, 0, "opened", **{**CRITICAL, "kind": "no_data"}))
    assert await inhibited(service) == {1: None, 2: None, 3: None, 4: None}


async def test_a_silence_counts_when_the_alert_comes_into_force(database: Database, transition: Make) -> None:
    await apply(database, transition(1, 0, "opened", **CRITICAL), transition(2, 0, "opened", **ABNORMAL))
    matcher = MatcherBody.model_validate({"severity": ["medium"]})
    until = utc_now() + timedelta(hours=1)
    await SilencesService(database).create(SilenceBody(matcher=matcher, until=until, reason="works", by="ana"))
    await apply(database, transition(1, 100, "cleared", **CRITICAL))
    assert await due(database) == [(1, 0), (1, 100)]


async def test_what_is_held_back_is_not_deleted_as_old(database: Database, transition: Make) -> None:
    await apply(database, transition(1, 0, "opened", **CRITICAL), transition(2, 0, "opened", **ABNORMAL))
    await Retention(database, 1, lambda: utc_now() + timedelta(days=400)).delete_old()
    await apply(database, transition(1, 100, "cleared", **CRITICAL))
    assert (2, 0) in await due(database)


GATEWAY = {
    "source": {"sensor_id": ["GATEWAY"], "kind": ["missing"]},
    "target": {"kind": ["missing"]},
    "equal": ["location"],
}


def missing(make: Make, number: int, sensor_id: str, **changes: str) -> AlertTransition:
    return make(number, 0, "opened", sensor_id=sensor_id, rule_id="missing", kind="missing", **changes)


async def test_an_inhibition_is_previewed_made_and_deleted(
    database: Database, service: AlertsService, inhibitions: InhibitionsService, transition: Make
) -> None:
    there = [missing(transition, number, f"S{number}") for number in (1, 2)]
    elsewhere = missing(transition, 3, "S3", location="Tangier-Centre")
    await apply(database, *there, elsewhere, missing(transition, 4, "GATEWAY"))
    before = await inhibitions.list_inhibitions()
    preview = await inhibitions.preview(InhibitionRuleBody.model_validate(GATEWAY))
    assert (preview.inhibited_alerts, preview.sensors) == (2, ["S1", "S2"])
    made = await inhibitions.create(InhibitionBody.model_validate({**GATEWAY, "reason": "behind it", "by": "ana"}))
    assert await inhibited(service) == {1: 4, 2: 4, 3: None, 4: None}
    assert (await inhibitions.preview(InhibitionRuleBody.model_validate(GATEWAY))).inhibited_alerts == 0
    await inhibitions.delete(made.inhibition_id)
    assert await inhibited(service) == {1: None, 2: None, 3: None, 4: None}
    assert await inhibitions.list_inhibitions() == before
    with pytest.raises(NotFoundError):
        await inhibitions.delete(made.inhibition_id)


async def test_of_alerts_that_inhibit_each_other_in_a_circle_one_stays_in_force(
    database: Database, service: AlertsService, inhibitions: InhibitionsService, transition: Make
) -> None:
    sensors = ("A", "B", "C")
    for source, target in zip(sensors, (*sensors[1:], "A"), strict=True):
        await inhibitions.create(
            InhibitionBody.model_validate(
                {"source": {"sensor_id": [source]}, "target": {"sensor_id": [target]}, "reason": "circle", "by": "ana"}
            )
        )
    await apply(database, *(transition(number, 0, "opened", sensor_id=one) for number, one in enumerate(sensors, 1)))
    assert await inhibited(service) == {1: None, 2: 1, 3: 2}
    await apply(database, transition(1, 100, "cleared", sensor_id="A"))
    assert await inhibited(service) == {1: None, 2: None, 3: 2}


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0), (0, 2, 1)])
async def test_in_whatever_order_alerts_come_the_same_are_inhibited(
    database: Database, service: AlertsService, transition: Make, order: Sequence[int]
) -> None:
    steps = [transition(number, 0, "opened", **one) for number, one in enumerate((UNUSUAL, ABNORMAL, CRITICAL), 1)]
    for number in order:
        await apply(database, steps[number])
    assert await inhibited(service) == {1: 3, 2: 3, 3: None}
