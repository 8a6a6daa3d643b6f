"""The connection to a real PostgreSQL, its migrations, and what happens while it is away."""

import asyncio

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine

from query_api.database.connection import Database, database_engine
from query_api.database.migrations import upgrade
from query_api.database.models import Base, TopicPosition
from query_api.errors import DatabaseUnavailableError
from service_kit.tasks import BackgroundTasks
from service_kit.testing import wait_until


async def test_the_migrations_make_what_the_models_say(database: Database, database_url: sa.URL) -> None:
    engine = create_async_engine(database_url)

    def differences(connection: sa.Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))

    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_several_processes_may_migrate_at_once_and_again(database_url: sa.URL) -> None:
    engine = create_async_engine(database_url)

    async def migrate() -> None:
        async with engine.begin() as connection:
            await upgrade(connection)

    await asyncio.gather(*(migrate() for _ in range(3)))
    await migrate()
    await engine.dispose()


async def test_a_block_that_fails_leaves_nothing(database: Database) -> None:
    row = {"topic": "t", "partition": 0, "topic_id": "x", "next_offset": 1}

    async def fail() -> None:
        async with database.transaction() as session:
            await session.execute(sa.insert(TopicPosition), row)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with database.transaction() as session:
        assert (await session.scalars(sa.select(TopicPosition))).all() == []


async def test_while_the_server_is_away_the_reason_is_known_and_nobody_waits() -> None:
    database = Database(database_engine("127.0.0.1", 1, "iot", "iot", ""))
    async with BackgroundTasks() as tasks:
        tasks.start(database.run(), "database")
        await wait_until(
            lambda: "no answer" in (database.problem or ""), deadline_s=5, otherwise="the server is not missed"
        )
        with pytest.raises(DatabaseUnavailableError, match="ask again"):
            async with database.transaction():
                pass
        assert "unavailable" in (await database.missing() or "")
        assert await tasks.missing() is None


async def test_it_connects_again_when_its_session_was_ended(database: Database, database_url: sa.URL) -> None:
    other = create_async_engine(database_url, isolation_level="AUTOCOMMIT")
    ended = sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")

    async def lose_the_session() -> None:
        async with database.transaction() as session:
            await session.execute(sa.text("SELECT 1"))
            async with other.connect() as connection:
                await connection.execute(ended)
            await session.execute(sa.text("SELECT 1"))

    with pytest.raises(DatabaseUnavailableError):
        await lose_the_session()
    await wait_until(lambda: database.problem is None, deadline_s=10, otherwise="it does not come back")
    async with database.transaction() as session:
        assert await session.scalar(sa.text("SELECT 1")) == 1
    await other.dispose()
