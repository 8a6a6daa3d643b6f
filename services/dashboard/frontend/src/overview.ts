// The last 24 hours as query-api answers them, made ready for the overview. Pure.

import type { Provenance } from "./history";
import { t } from "./i18n/catalogue";

export const HOUR_MS = 3_600_000;
export const DAY_HOURS = 24;
export const GOOD_BATTERY_PERCENT = 75;
export const FAIR_BATTERY_PERCENT = 50;

/** The figures of `/api/summary` that an older query-api does not have. */
export interface DaySummary extends Provenance {
  sensors_total?: number;
  sensors_active?: number;
  messages_24h?: number;
  messages_24h_before?: number;
  anomalies_24h?: number;
  mean_battery?: number | null;
  low_batteries?: number;
  by_type?: { sensor_type: string; sensors: number }[];
}

export type Moment = string | number;
export type TimeseriesRow = [
  time: Moment,
  count: number,
  mean: number | null,
  min: number | null,
  max: number | null,
  anomalies: number,
];

export interface Timeseries {
  interval_s: number;
  series: { sensor_type: string | null; unit?: string | null; rows: TimeseriesRow[] }[];
}

export interface LocationRow {
  location: string;
  sensors: number;
  readings: number;
  anomalies: number;
  mean_battery: number | null;
  last_seen: string | null;
}

export interface Locations {
  rows: LocationRow[];
}

/** Milliseconds since 1970 of a time as ISO 8601 or as such milliseconds. */
export function toEpochMs(time: Moment): number {
  return typeof time === "number" ? time : Date.parse(time);
}

/** By hour, oldest first; null where nothing was measured. */
export interface Hours {
  start: number[];
  temperature: (number | null)[];
  humidity: (number | null)[];
  anomalies: number[];
}

/** The hour that `nowMs` is in and the 23 before it. Anomalies are those of every type. */
export function hoursOf(timeseries: Timeseries, nowMs: number): Hours {
  const first = Math.floor(nowMs / HOUR_MS) - DAY_HOURS + 1;
  const start = Array.from({ length: DAY_HOURS }, (_, index) => (first + index) * HOUR_MS);
  const hours: Hours = {
    start,
    temperature: start.map(() => null),
    humidity: start.map(() => null),
    anomalies: start.map(() => 0),
  };
  for (const { sensor_type, rows } of timeseries.series) {
    for (const [time, , mean, , , anomalies] of rows) {
      const index = Math.floor(toEpochMs(time) / HOUR_MS) - first;
      if (!(index >= 0 && index < DAY_HOURS)) continue;
      hours.anomalies[index]! += anomalies;
      if (sensor_type === "temperature") hours.temperature[index] = mean;
      if (sensor_type === "humidity") hours.humidity[index] = mean;
    }
  }
  return hours;
}

/** Change from `before` to `now` as a fraction; null when there is nothing to compare with. */
export function trend(now: number | undefined, before: number | undefined): number | null {
  return now === undefined || before === undefined || before <= 0 ? null : (now - before) / before;
}

export type BatteryLevel = "good" | "fair" | "low" | "unknown";

/** Above 75 % good, from 50 to 75 % fair, below low. */
export function batteryLevel(percent: number | null | undefined): BatteryLevel {
  if (percent === null || percent === undefined) return "unknown";
  if (percent > GOOD_BATTERY_PERCENT) return "good";
  return percent >= FAIR_BATTERY_PERCENT ? "fair" : "low";
}

export type LocationKey = "location" | "sensors" | "readings" | "anomalies" | "mean_battery";

/** The rows in order of one column; what is not known comes last either way. */
export function sortLocations(rows: readonly LocationRow[], key: LocationKey, descending: boolean): LocationRow[] {
  const sign = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [left, right] = [a[key], b[key]];
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    const order = typeof left === "string" ? left.localeCompare(String(right)) : left - Number(right);
    return order === 0 ? a.location.localeCompare(b.location) : sign * order;
  });
}

/** What to say of history that did not come; an address that query-api does not have yet is no error of the reader. */
export function historyProblem(status: number | null, problem: string | null): string | null {
  if (problem === null) return null;
  if (status === 404 || status === 503) return t("history.missing");
  return t("history.unavailable", problem);
}
