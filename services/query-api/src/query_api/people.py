"""What people keep here about sensors and alerts: the services on the database, and what runs behind them."""

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from query_api.alerts.consumer import AlertsConsumer
from query_api.alerts.service import AlertsService
from query_api.database.connection import Database, database_engine, read_password
from query_api.database.retention import Retention
from query_api.errors import DatabaseUnavailableError
from query_api.inhibitions.service import InhibitionsService
from query_api.notifications.dispatcher import Dispatcher
from query_api.notifications.enqueue import Notifier
from query_api.notifications.mail import MailServer
from query_api.notifications.service import NotificationsService
from query_api.outbox.producer import OutboxProducer
from query_api.rules.service import RulesService
from query_api.sensors.observations import Observations
from query_api.sensors.registrar import Registrar
from query_api.sensors.service import SensorsService
from query_api.settings import Settings
from query_api.silences.service import SilencesService
from service_kit.health import Readiness
from service_kit.tasks import BackgroundTasks


@dataclass(frozen=True)
class People:
    """The database and the services on it. Nothing here is needed to answer questions about readings."""

    database: Database
    alerts_consumer: AlertsConsumer
    outbox: OutboxProducer
    alerts: AlertsService
    silences: SilencesService
    inhibitions: InhibitionsService
    rules: RulesService
    sensors: SensorsService
    observations: Observations
    notifications: NotificationsService
    tasks: BackgroundTasks

    def add_checks(self, readiness: Readiness) -> None:
        """Name what is missing for `/readyz`."""
        readiness.add("postgres", self.database.missing)
        readiness.add("alerts", self._alerts_missing)
        readiness.add("outbox", self._outbox_missing)
        readiness.add("background tasks of the database", self.tasks.missing)

    async def require_database(self) -> None:
        """Raise DatabaseUnavailableError before an answer begins that cannot be taken back."""
        async with self.database.transaction():
            return

    async def _alerts_missing(self) -> str | None:
        """Not while the database is away: that is the reason then, and it is named."""
        return None if self.database.problem else await self.alerts_consumer.missing()

    async def _outbox_missing(self) -> str | None:
        return None if self.database.problem else await self.outbox.missing()


@asynccontextmanager
async def open_people(settings: Settings) -> AsyncIterator[People]:
    """Open the database and start what applies alerts, publishes and notifies."""
    database = Database(
        database_engine(
            settings.database_host,
            settings.database_port,
            settings.database_name,
            settings.database_user,
            read_password(settings.database_password_file),
        )
    )
    async with (
        contextlib.aclosing(database),
        httpx.AsyncClient(follow_redirects=False, timeout=settings.webhook_timeout_s) as client,
        BackgroundTasks() as tasks,
    ):
        people = _people(settings, database, tasks)
        for work, name in (
            (database.run(), "connect to PostgreSQL"),
            (people.alerts_consumer.run(), "apply alerts"),
            (_publish(people), "publish the outbox"),
            (Registrar(database, people.observations).run(), "register sensors"),
            (
                Dispatcher(database, client, settings.webhook_timeout_s, mail=_mail_server(settings)).run(),
                "deliver notifications",
            ),
            (Retention(database, settings.alert_retention_days).run(), "delete old alerts"),
        ):
            tasks.start(work, name)
        yield people


def _mail_server(settings: Settings) -> MailServer | None:
    if settings.smtp_host is None:
        return None
    return MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        sender=settings.smtp_sender,
        user=settings.smtp_user,
        password=read_password(settings.smtp_password_file),
    )


async def _publish(people: People) -> None:
    """Rules must be there before the first message says that there are some."""
    while True:
        await people.database.ready()
        try:
            await people.rules.seed()
            await people.inhibitions.decide_again()
            break
        except DatabaseUnavailableError:
            continue
    await people.outbox.run()


def _people(settings: Settings, database: Database, tasks: BackgroundTasks) -> People:
    outbox = OutboxProducer(settings.kafka_bootstrap_servers, database)
    notifier = Notifier()
    observations = Observations()
    return People(
        database=database,
        alerts_consumer=AlertsConsumer(settings.kafka_bootstrap_servers, database, notifier.enqueue),
        outbox=outbox,
        alerts=AlertsService(database, notifier.decide),
        silences=SilencesService(database),
        inhibitions=InhibitionsService(database, notifier.decide),
        rules=RulesService(database, outbox.wake),
        sensors=SensorsService(database, observations, outbox.wake, settings.sensor_interval_s),
        observations=observations,
        notifications=NotificationsService(database, has_mail=settings.smtp_host is not None),
        tasks=tasks,
    )
