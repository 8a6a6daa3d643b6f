"""Keeps the sensors of the database current with what the tail shows."""

import asyncio
import time
from collections.abc import Sequence

from iot_contracts.readings import Reading
from query_api.database.connection import Database
from query_api.errors import DatabaseUnavailableError
from query_api.sensors.observations import Observations
from query_api.sensors.repository import record_readings
from service_kit.logging import get_logger

LOOK_INTERVAL_S = 1.0
STORE_INTERVAL_S = 60.0
"""How often the newest readings of known sensors are stored: answers take them from memory meanwhile."""
CHUNK = 1000
_log = get_logger(__name__)


class Registrar:
    """Makes sensors on first sight within a second or two, and stores the newest reading of all every minute."""

    def __init__(self, database: Database, observations: Observations) -> None:
        self._database = database
        self._observations = observations

    async def run(self) -> None:
        """Store until cancelled."""
        next_full = time.monotonic() + STORE_INTERVAL_S
        while True:
            await self._database.ready()
            is_full = time.monotonic() >= next_full
            try:
                await self.store(everything=is_full)
            except DatabaseUnavailableError as error:
                _log.warning("sensors are not stored", why=str(error))
                continue
            if is_full:
                next_full = time.monotonic() + STORE_INTERVAL_S
            await asyncio.sleep(LOOK_INTERVAL_S)

    async def store(self, *, everything: bool) -> None:
        """Store what is new: sensors never stored, or everything that changed."""
        readings = self._observations.changed() if everything else self._observations.unknown()
        await store_readings(self._database, self._observations, readings)


async def store_readings(database: Database, observations: Observations, readings: Sequence[Reading]) -> None:
    """Store the newest readings of sensors, and note that the database holds them."""
    for start in range(0, len(readings), CHUNK):
        chunk = readings[start : start + CHUNK]
        async with database.transaction() as session:
            await record_readings(session, chunk)
        observations.note_stored(chunk)
