"""Decides what an order to the fleet means."""

import random
from datetime import timedelta

from simulator.control.errors import NoSuchSensorError, NotRunningError
from simulator.control.schemas import ActiveFault, FaultOrder, FleetStatus, InjectedFault
from simulator.delivery.buffer import Buffer
from simulator.delivery.tally import Tally
from simulator.faults.kinds import EpisodeFault, FaultKind
from simulator.fleet.measurements import Measurements
from simulator.fleet.service import FleetService

DEFAULT_EPISODE_S = 60.0


class Control:
    """The fleet's state, and the orders that change it."""

    def __init__(
        self, fleet: FleetService, measurements: Measurements, buffer: Buffer, tally: Tally, ingest_api_url: str
    ) -> None:
        self._fleet = fleet
        self._measurements = measurements
        self._buffer = buffer
        self._tally = tally
        self._ingest_api_url = ingest_api_url

    def status(self) -> FleetStatus:
        """What the fleet does, and what became of its readings."""
        tally = self._tally
        return FleetStatus(
            running=self._fleet.running,
            sensors=len(self._measurements.sensors),
            rate_per_s=round(self._measurements.rate_per_s, 6),
            ingest_api_url=self._ingest_api_url,
            generated=tally.generated,
            anomalies=tally.anomalies,
            sent=tally.sent,
            accepted=tally.accepted,
            rejected=tally.rejected,
            retries=tally.retries,
            buffered=len(self._buffer),
            dropped=tally.dropped,
            active_faults=self._active_faults(),
            last_error=tally.last_error,
        )

    def change_rate(self, rate_per_s: float) -> None:
        """Let the whole fleet make so many readings a second from now on; each sensor has its share."""
        self._measurements.change_interval(len(self._measurements.sensors) / rate_per_s, self._fleet.now())

    def inject(self, order: FaultOrder) -> InjectedFault:
        """Let a fault strike now. Raises NotRunningError, or NoSuchSensorError when it concerns no sensor."""
        if not self._fleet.running:
            raise NotRunningError("The fleet is stopped, so there are no readings to change. POST /v1/start first")
        fault = order.fault
        concerned = [model for model in self._measurements.sensors.values() if fault.concerns(model.sensor)]
        if not concerned:
            known = list(self._measurements.sensors)
            raise NoSuchSensorError(
                f"No sensor matches: {_named(fault)}. The fleet has the sensors {known[0]} to {known[-1]}"
            )
        if not (fault.sensors or fault.types or fault.locations):
            concerned = [random.choice(concerned)]  # noqa: S311 - no secret
        duration_s = order.duration_s
        if duration_s is None and isinstance(fault, EpisodeFault):
            duration_s = DEFAULT_EPISODE_S
        now = self._fleet.now()
        for model in concerned:
            model.faults.inject(fault, now.timestamp(), duration_s)
        return InjectedFault(
            kind=fault.kind,
            sensors=[model.sensor.sensor_id for model in concerned],
            starts_at=now,
            ends_at=None if duration_s is None else now + timedelta(seconds=duration_s),
        )

    def _active_faults(self) -> list[ActiveFault]:
        now_s = self._fleet.now().timestamp()
        return [
            ActiveFault(kind=fault.kind, sensor_id=sensor_id)
            for sensor_id, model in self._measurements.sensors.items()
            for fault in model.faults.injected(now_s)
        ]


def _named(fault: FaultKind) -> str:
    """The sensors, types and locations of a fault, as they were given."""
    given = (("sensors", fault.sensors), ("types", fault.types), ("locations", fault.locations))
    return " and ".join(f"{name} {', '.join(values)}" for name, values in given if values)
