// The page's state, merged from frames. Pure: no DOM, and the caller passes the time.

import { type AlertStanding, type AlertStatus, type KeptAlert, stepOf } from "./alerts-history";
import type { AlertTransition, Anomaly, LiveFrame, Reading, WindowStats } from "./frames";
import { Quantiles, RateMeter } from "./meters";
import { Series } from "./series";

/** Points kept per sensor: half an hour of a reading each two seconds. */
const POINTS_PER_SENSOR = 900;
const MAX_SENSORS = 2000;
const MAX_ALERTS = 500;
const MAX_REMEMBERED_ANOMALIES = 5000;
/** How long an alert is still shown after it was cleared. */
const CLEARED_FOR_MS = 60_000;
const SAME_CLOCK_MS = 500;
const ONLINE_FOR_MS = 30_000;
/** As `LOW_BATTERY_PERCENT` in the contract of alerts. */
export const LOW_BATTERY_PERCENT = 30;

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

/** An alert by the newest step that this page has seen. */
export interface ShownAlert {
  newest: AlertTransition;
  openedAt: number;
  /** Event time of the step that cleared it. */
  clearedAt: number | null;
  /** When this page had that step, on the server's clock. */
  seenAt: number;
}

export interface Latencies {
  newest: number | null;
  median: number | null;
  p95: number | null;
}

export class Store {
  readonly sensors = new Map<string, Sensor>();
  readonly alerts = new Map<string, ShownAlert>();
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

  private readonly statuses = new Map<string, AlertStanding>();
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
        // What was cleared before the page was there is history.
        for (const step of frame.alerts) this.addStep(step, Date.parse(step.event_time));
        for (const anomaly of frame.anomalies) this.addAnomaly(anomaly);
        this.addWindows(frame.windows);
        break;
      case "readings":
        this.addLiveReadings(frame.readings, nowMs);
        break;
      case "alerts":
        for (const step of frame.alerts) this.addStep(step, this.serverTime(nowMs));
        break;
      case "anomalies":
        for (const anomaly of frame.anomalies) this.addAnomaly(anomaly);
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

  /**
   * Open alerts, the worst and then the newest first; after them what others inhibit, and what was cleared within the last minute.
   * An older open alert of the same series and rule is superseded, as query-api has it; one that was resolved is closed.
   */
  shownAlerts(nowMs: number): ShownAlert[] {
    const since = this.serverTime(nowMs) - CLEARED_FOR_MS;
    const newestOpen = new Map<string, ShownAlert>();
    for (const alert of this.alerts.values()) {
      const known = newestOpen.get(seriesOf(alert));
      if (alert.clearedAt === null && (known === undefined || known.openedAt <= alert.openedAt)) newestOpen.set(seriesOf(alert), alert);
    }
    return [...this.alerts.values()]
      .filter((alert) => (alert.clearedAt === null ? newestOpen.get(seriesOf(alert)) === alert : alert.seenAt >= since))
      .filter(({ newest, clearedAt }) => {
        const status = this.alertStatus(newest.alert_id);
        return status !== "resolved" && (status !== "cleared" || clearedAt !== null);
      })
      .sort((a, b) => this.rank(a) - this.rank(b) || b.openedAt - a.openedAt);
  }

  /** Add alerts that query-api keeps open, of which nothing came live: they are older than what the service remembers. */
  addKeptAlerts(alerts: readonly KeptAlert[]): void {
    for (const alert of alerts) this.addStep(stepOf(alert), Date.parse(alert.last_seen));
    this.setAlertStatuses(alerts);
  }

  /** Take over what query-api says of alerts: what people did about them. */
  setAlertStatuses(alerts: readonly (AlertStanding & { alert_id: string })[]): void {
    for (const { alert_id, status, inhibited_by } of alerts) {
      this.statuses.set(alert_id, { status, inhibited_by });
      if (this.statuses.size > MAX_ALERTS) this.statuses.delete(this.statuses.keys().next().value!);
    }
  }

  /** What query-api said last of an alert; null when it said nothing. */
  alertStatus(alertId: string): AlertStatus | null {
    return this.statuses.get(alertId)?.status ?? null;
  }

  /** Whether another alert speaks for this one, as query-api said last. */
  isInhibited(alertId: string): boolean {
    return (this.statuses.get(alertId)?.inhibited_by ?? null) !== null;
  }

  private rank({ newest, clearedAt }: ShownAlert): number {
    if (clearedAt !== null) return SEVERITIES.length + 1;
    return this.isInhibited(newest.alert_id) ? SEVERITIES.length : SEVERITIES.indexOf(newest.severity);
  }

  /** Readings of the last `spanMs` that detection found anomalous. */
  anomaliesWithin(spanMs: number, nowMs: number): number {
    const since = this.serverTime(nowMs) - spanMs;
    return this.anomalyTimes.filter((measuredAt) => measuredAt >= since).length;
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

  private addStep(step: AlertTransition, seenAt: number): void {
    const known = this.alerts.get(step.alert_id);
    if (known !== undefined && known.newest.sequence >= step.sequence) return;
    this.alerts.delete(step.alert_id);
    this.alerts.set(step.alert_id, {
      newest: step,
      openedAt: Date.parse(step.opened_at),
      clearedAt: step.state === "cleared" ? Date.parse(step.event_time) : null,
      seenAt,
    });
    if (this.alerts.size > MAX_ALERTS) this.alerts.delete(this.leastAlert());
  }

  /** The alert that is missed least: one that was cleared, otherwise the one heard of longest ago. */
  private leastAlert(): string {
    for (const [id, { clearedAt }] of this.alerts) if (clearedAt !== null) return id;
    return this.alerts.keys().next().value!;
  }

  private addAnomaly(anomaly: Anomaly): void {
    const id = identity(anomaly);
    if (this.anomalousReadings.has(id)) return;
    remember(this.anomalousReadings, id, MAX_REMEMBERED_ANOMALIES);
    this.anomalyTimes.push(Date.parse(anomaly.timestamp));
    if (this.anomalyTimes.length > MAX_REMEMBERED_ANOMALIES) this.anomalyTimes.shift();
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

/** What has at most one open alert. */
function seriesOf({ newest }: ShownAlert): string {
  return JSON.stringify([newest.sensor_id, newest.sensor_type, newest.unit, newest.rule_id]);
}

const SEVERITIES = ["high", "medium", "low"];

/** A small difference is the snapshot's transmission time, not a difference of the clocks. */
function clockOffset(serverMs: number, nowMs: number): number {
  const difference = serverMs - nowMs;
  return Math.abs(difference) < SAME_CLOCK_MS ? 0 : difference;
}

/** Identity of a reading: two sensors may use the same reading_id. */
export function identity(of: { sensor_id: string; reading_id: string }): string {
  return `${of.sensor_id} ${of.reading_id}`;
}

function remember(ids: Set<string>, id: string, capacity: number): void {
  ids.add(id);
  if (ids.size > capacity) ids.delete(ids.values().next().value!);
}
