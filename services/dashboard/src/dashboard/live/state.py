"""The current state: the source of the snapshot that every connection starts with. Pure."""

from collections import deque
from datetime import datetime

from dashboard.live.conflation import LatestByKey
from dashboard.live.deduplication import SeenIds
from iot_contracts.alerts import AlertTransition
from iot_contracts.anomalies import Anomaly
from iot_contracts.live_frames import SnapshotFrame
from iot_contracts.readings import Reading
from iot_contracts.window_stats import WindowStats


class LiveState:
    """Newest readings, anomalies, alerts and windows, all bounded; each once, of an alert its newest step."""

    def __init__(self, *, max_sensors: int, snapshot_readings: int, snapshot_alerts: int, remembered_ids: int) -> None:
        self._latest: LatestByKey[str, Reading] = LatestByKey(max_sensors)
        self._recent: deque[Reading] = deque(maxlen=snapshot_readings)
        self._alerts: LatestByKey[str, AlertTransition] = LatestByKey(snapshot_alerts)
        self._anomalies: deque[Anomaly] = deque(maxlen=snapshot_alerts)
        self._windows: LatestByKey[tuple[str, str], WindowStats] = LatestByKey(max_sensors)
        self._identities: SeenIds[tuple[str, int]] = SeenIds(remembered_ids)
        self._steps: SeenIds[tuple[str, int]] = SeenIds(remembered_ids)
        self._anomalous: SeenIds[tuple[int, int]] = SeenIds(remembered_ids)

    def add_readings(self, readings: list[Reading]) -> list[Reading]:
        """Add readings in the order of their partitions; returns those that are no duplicates."""
        new = [reading for reading in readings if self._identities.is_new((reading.sensor_id, reading.reading_id.int))]
        for reading in new:
            self._latest.put(reading.sensor_id, reading)
        self._recent.extend(new)
        return new

    def add_alerts(self, transitions: list[AlertTransition]) -> list[AlertTransition]:
        """Add transitions of alerts; returns those that are no duplicates."""
        new = [step for step in transitions if self._steps.is_new((step.alert_id, step.sequence))]
        for step in new:
            known = self._alerts.get(step.alert_id)
            if known is None or step.sequence > known.sequence:
                self._alerts.put(step.alert_id, step)
        return new

    def add_anomalies(self, anomalies: list[Anomaly]) -> list[Anomaly]:
        """Add anomalous readings; returns those that are no duplicates."""
        new = [one for one in anomalies if self._anomalous.is_new((one.kafka_partition, one.kafka_offset))]
        self._anomalies.extend(new)
        return new

    def add_windows(self, windows: list[WindowStats]) -> list[WindowStats]:
        """Add window statistics; returns the newest message of each window among them."""
        newest = {(window.sensor_type, window.location, window.window_start): window for window in windows}
        for window in newest.values():
            known = self._windows.get((window.sensor_type, window.location))
            if known is None or window.window_start >= known.window_start:
                self._windows.put((window.sensor_type, window.location), window)
        return list(newest.values())

    def latest_readings(self) -> list[Reading]:
        """The latest reading of every sensor."""
        return self._latest.values()

    def alerts(self) -> list[AlertTransition]:
        """Of the newest alerts the newest step."""
        return self._alerts.values()

    def anomalies(self) -> list[Anomaly]:
        """The newest anomalous readings."""
        return list(self._anomalies)

    def windows(self) -> list[WindowStats]:
        """The newest window of each sensor type and location."""
        return self._windows.values()

    def snapshot(self, now: datetime) -> SnapshotFrame:
        """The state as a connection's first frame.

        `readings` ends with the newest ones in their order (several of a sensor), which fills a chart's first minutes;
        before them comes the latest reading of every sensor that has none among them.
        """
        recent_sensors = {reading.sensor_id for reading in self._recent}
        quiet = [reading for reading in self._latest.values() if reading.sensor_id not in recent_sensors]
        return SnapshotFrame(
            readings=[*quiet, *self._recent],
            alerts=self.alerts(),
            anomalies=self.anomalies(),
            windows=self.windows(),
            server_time=now,
        )
