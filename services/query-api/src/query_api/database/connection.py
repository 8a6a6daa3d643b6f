"""The connection to PostgreSQL: connects, migrates, notices that the server is away, and connects again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from query_api.database.migrations import upgrade
from query_api.errors import DatabaseUnavailableError
from service_kit.logging import get_logger

CONNECT_TIMEOUT_S = 3.0
STATEMENT_TIMEOUT_S = 15
POOL_SIZE = 8
CHECK_INTERVAL_S = 1.0
_AWAY_STATES = ("08", "57P", "53", "28", "3D")
"""SQLSTATE classes of: no connection, shutdown, resources, wrong password, no such database."""
_log = get_logger(__name__)


def database_engine(host: str, port: int, name: str, user: str, password: str) -> AsyncEngine:
    """An engine with a bounded pool; it opens nothing before it is used."""
    url = sa.URL.create("postgresql+asyncpg", user, password, host, port, name)
    return create_async_engine(
        url,
        pool_size=POOL_SIZE,
        max_overflow=0,
        pool_timeout=CONNECT_TIMEOUT_S,
        pool_pre_ping=False,
        connect_args={
            "timeout": CONNECT_TIMEOUT_S,
            "command_timeout": STATEMENT_TIMEOUT_S,
            # Generated names would collide in a pool of connections that a proxy shares.
            "server_settings": {"application_name": "query-api", "timezone": "UTC", "jit": "off"},
        },
    )


class Database:
    """Transactions in PostgreSQL, and why there are none at the moment."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._sessions = async_sessionmaker(engine, expire_on_commit=False)
        self._ready = asyncio.Event()
        self._has_migrated = False
        self.problem: str | None = "not connected to PostgreSQL yet"
        """Why there is no connection, or None while there is one."""

    async def missing(self) -> str | None:
        """For `/readyz`: why there is no connection and what that means, or None."""
        return self.problem and f"{self.problem}; alerts, rules, sensors and notifications are unavailable"

    async def ready(self) -> None:
        """Return once there is a connection and the tables are current."""
        await self._ready.wait()

    async def run(self) -> None:
        """Connect, migrate, and look every second whether the server answers, until cancelled."""
        while True:
            try:
                if not self._has_migrated:
                    async with self._engine.begin() as connection:
                        await upgrade(connection)
                    self._has_migrated = True
                elif self.problem is not None:
                    async with self._engine.connect() as connection:
                        await connection.execute(sa.text("SELECT 1"))
                self._found()
                await self._check_idle_connection()
            except Exception as error:
                if not is_away(error):
                    _log.error("the database failed", exc_info=error)
                self._lost(error)
            await asyncio.sleep(CHECK_INTERVAL_S)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._engine.dispose()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """One transaction, committed at the end of the block. Raises DatabaseUnavailableError.

        When the connection breaks during the commit nobody knows whether it happened; the caller reads again.
        """
        if self.problem is not None:
            raise _unavailable(self.problem)
        try:
            async with self._sessions() as session, session.begin():
                yield session
        except Exception as error:
            if not is_away(error):
                raise
            self._lost(error)
            raise _unavailable(_describe(error)) from error

    async def _check_idle_connection(self) -> None:
        async with self._engine.connect() as connection:
            await connection.execute(sa.text("SELECT 1"))

    def _found(self) -> None:
        if self.problem is not None:
            _log.info("connected to PostgreSQL", host=self._engine.url.host, port=self._engine.url.port)
        self.problem = None
        self._ready.set()

    def _lost(self, error: BaseException) -> None:
        reason = _describe(error)
        if reason != self.problem:
            _log.warning("PostgreSQL unavailable", reason=reason)
        self.problem = reason
        self._ready.clear()


def is_away(error: BaseException) -> bool:
    """Whether an error says that the server or the way to it is away, not that a statement is wrong."""
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None) or ""
        return error.connection_invalidated or state.startswith(_AWAY_STATES)
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "").startswith(_AWAY_STATES)
    return isinstance(error, OSError | PoolTimeoutError | asyncpg.InterfaceError)


def read_password(file: Path | None) -> str:
    """The password of a file, without the line end; empty without a file."""
    return "" if file is None else file.read_text().strip()


def _describe(error: BaseException) -> str:
    if isinstance(error, DBAPIError):
        return f"no answer from PostgreSQL ({type(error.orig).__name__})"
    if isinstance(error, asyncpg.PostgresError):
        return f"PostgreSQL refuses the connection ({error})"
    if isinstance(error, OSError | PoolTimeoutError | asyncpg.InterfaceError):
        return f"no answer from PostgreSQL ({type(error).__name__})"
    return f"the database failed ({type(error).__name__}: {error})"


def _unavailable(reason: str) -> DatabaseUnavailableError:
    return DatabaseUnavailableError(f"{reason}; ask again in a second", headers={"Retry-After": "1"})
