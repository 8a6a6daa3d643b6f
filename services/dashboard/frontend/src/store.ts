// The page's state, merged from frames. Pure: no DOM, and the caller passes the time.

import type { Alert, AlertKind, LiveFrame, Reading, WindowStats } from "./frames";
import { Quantiles, RateMeter } from "./meters";
import { Series } from "./series";

/** Points kept per sensor: half an hour of a reading each two seconds. */
const POINTS_PER_SENSOR = 900;
const MAX_SENSORS = 2000;
const MAX_ALERT_GROUPS = 500;
const MAX_REMEMBERED_ALERTS = 5000;
const SAME_CLOCK_MS = 500;
const ONLINE_FOR_MS = 30_000;
/** As `LOW_BATTERY_PERCENT` in the contract of alerts. */
const LOW_BATTERY_PERCENT = 30;

export interface Sensor {
  id: string;
  type: string;
  location: string;
  unit: string;
  latest: Reading;
  /** Event time of the latest reading. */
  latestAt: number;
  /** When this page last received a reading of it, on the server's clock. */
  seenAt: number;
  series: Series;
}

/** All alerts of one sensor and kind that this page has seen. */
export interface AlertGroup {
  sensorId: string;
  kind: AlertKind;
  newest: Alert;
  raisedAt: number;
  since: number;
  count: number;
}

export interface Latencies {
  newest: number | null;
  median: number | null;
  p95: number | null;
}

export class Store {
  readonly sensors = new Map<string, Sensor>();
  readonly alerts = new Map<string, AlertGroup>();
  readonly windows = new Map<string, WindowStats>();
  /** By `identity`. */
  readonly anomalousReadings = new Set<string>();
  /** Readings received in frames, snapshots not counted. */
  received = 0;
  /** Readings that were skipped because this page, or the service, was too slow. */
  conflated = 0;
  conflatedAt: number | null = null;
  /** Messages that the service could not read. */
  unreadable = 0;
  unreadableAt: number | null = null;

  private readonly alertIds = new Set<string>();
  private readonly rate = new RateMeter();
  private readonly latencies = new Quantiles();
  private newestLatency: number | null = null;
  private readonly anomalyTimes: number[] = [];
  /** What to add to this machine's clock to get the server's. */
  private clockOffsetMs = 0;

  /** The server's time, as far as this page can tell. */
  serverTime(nowMs: number): number {
    return nowMs + this.clockOffsetMs;
  }

  /** Merge a frame that arrived at `nowMs` on this machine's clock. */
  apply(frame: LiveFrame, nowMs: number): void {
    switch (frame.type) {
      case "snapshot":
        this.clockOffsetMs = clockOffset(Date.parse(frame.server_time), nowMs);
        for (const reading of frame.readings) this.addReading(reading, Date.parse(reading.timestamp));
        for (const alert of frame.alerts) this.addAlert(alert);
        this.addWindows(frame.windows);
        break;
      case "readings":
        this.addLiveReadings(frame.readings, nowMs);
        break;
      case "alerts":
        for (const alert of frame.alerts) this.addAlert(alert);
        break;
      case "windows":
        this.addWindows(frame.windows);
        break;
      case "gap":
        this.conflated += frame.conflated;
        this.conflatedAt = nowMs;
        break;
      case "left_out":
        this.unreadable += frame.messages;
        this.unreadableAt = nowMs;
        break;
    }
  }

  /** Sensor types that there are readings of, in alphabetical order. */
  sensorTypes(): string[] {
    return [...new Set([...this.sensors.values()].map((sensor) => sensor.type))].sort();
  }

  /** Sensors by id. */
  sensorsById(): Sensor[] {
    return [...this.sensors.values()].sort((a, b) => a.id.localeCompare(b.id, "en", { numeric: true }));
  }

  /** Whether the sensor has sent a reading recently. */
  isOnline(sensor: Sensor, nowMs: number): boolean {
    return sensor.seenAt >= this.serverTime(nowMs) - ONLINE_FOR_MS;
  }

  /** How many sensors have sent a reading recently. */
  online(nowMs: number): number {
    return [...this.sensors.values()].filter((sensor) => this.isOnline(sensor, nowMs)).length;
  }

  /** Sensors whose battery is low, the emptiest first. */
  lowBatteries(): Sensor[] {
    const level = (sensor: Sensor) => sensor.latest.battery_level ?? 100;
    return [...this.sensors.values()]
      .filter((sensor) => level(sensor) < LOW_BATTERY_PERCENT)
      .sort((a, b) => level(a) - level(b));
  }

  /** Alert groups, the most recently raised first. */
  alertGroups(): AlertGroup[] {
    return [...this.alerts.values()].sort((a, b) => b.raisedAt - a.raisedAt);
  }

  /** Anomalies that detection raised within the last `spanMs`. */
  anomaliesWithin(spanMs: number, nowMs: number): number {
    const since = this.serverTime(nowMs) - spanMs;
    return this.anomalyTimes.filter((raisedAt) => raisedAt >= since).length;
  }

  readingsPerSecond(nowMs: number): number {
    return this.rate.perSecond(nowMs);
  }

  /** Time from the sensor's clock to this page, in milliseconds, of the recent readings. */
  eventToScreen(): Latencies {
    return { newest: this.newestLatency, median: this.latencies.at(0.5), p95: this.latencies.at(0.95) };
  }

  private addLiveReadings(readings: Reading[], nowMs: number): void {
    const serverNow = this.serverTime(nowMs);
    for (const reading of readings) {
      this.addReading(reading, serverNow);
      this.newestLatency = serverNow - Date.parse(reading.timestamp);
      this.latencies.add(this.newestLatency);
    }
    this.received += readings.length;
    this.rate.add(readings.length, nowMs);
  }

  private addReading(reading: Reading, seenAt: number): void {
    const at = Date.parse(reading.timestamp);
    const known = this.sensors.get(reading.sensor_id);
    const series = known?.series ?? new Series(POINTS_PER_SENSOR);
    series.add({ x: at, y: reading.value, id: identity(reading) });
    if (known !== undefined && known.latestAt > at) {
      known.seenAt = Math.max(known.seenAt, seenAt);
      return;
    }
    this.sensors.set(reading.sensor_id, {
      id: reading.sensor_id,
      type: reading.sensor_type,
      location: reading.location,
      unit: reading.unit,
      latest: reading,
      latestAt: at,
      seenAt: Math.max(known?.seenAt ?? 0, seenAt),
      series,
    });
    if (this.sensors.size > MAX_SENSORS) this.forgetQuietestSensor();
  }

  private forgetQuietestSensor(): void {
    let quietest: Sensor | undefined;
    for (const sensor of this.sensors.values()) {
      if (quietest === undefined || sensor.seenAt < quietest.seenAt) quietest = sensor;
    }
    if (quietest !== undefined) this.sensors.delete(quietest.id);
  }

  private addAlert(alert: Alert): void {
    if (this.alertIds.has(alert.alert_id)) return;
    remember(this.alertIds, alert.alert_id, MAX_REMEMBERED_ALERTS);
    const raisedAt = Date.parse(alert.raised_at);
    if (alert.kind === "anomaly") {
      remember(this.anomalousReadings, identity(alert), MAX_REMEMBERED_ALERTS);
      this.anomalyTimes.push(raisedAt);
      if (this.anomalyTimes.length > MAX_REMEMBERED_ALERTS) this.anomalyTimes.shift();
    }
    const key = `${alert.sensor_id} ${alert.kind}`;
    const known = this.alerts.get(key);
    const isNewest = known === undefined || raisedAt >= known.raisedAt;
    this.alerts.delete(key);
    this.alerts.set(key, {
      sensorId: alert.sensor_id,
      kind: alert.kind,
      newest: isNewest ? alert : known.newest,
      raisedAt: isNewest ? raisedAt : known.raisedAt,
      since: Math.min(raisedAt, known?.since ?? raisedAt),
      count: (known?.count ?? 0) + 1,
    });
    if (this.alerts.size > MAX_ALERT_GROUPS) this.alerts.delete(this.alerts.keys().next().value!);
  }

  private addWindows(windows: WindowStats[]): void {
    for (const window of windows) {
      const key = `${window.sensor_type} ${window.location}`;
      const known = this.windows.get(key);
      if (known === undefined || Date.parse(window.window_start) >= Date.parse(known.window_start)) {
        this.windows.set(key, window);
      }
    }
  }
}

/** A small difference is the snapshot's transmission time, not a difference of the clocks. */
function clockOffset(serverMs: number, nowMs: number): number {
  const difference = serverMs - nowMs;
  return Math.abs(difference) < SAME_CLOCK_MS ? 0 : difference;
}

/** Identity of the reading, or of an alert's reading: two sensors may use the same reading_id. */
export function identity(of: { sensor_id: string; reading_id: string }): string {
  return `${of.sensor_id} ${of.reading_id}`;
}

function remember(ids: Set<string>, id: string, capacity: number): void {
  ids.add(id);
  if (ids.size > capacity) ids.delete(ids.values().next().value!);
}
