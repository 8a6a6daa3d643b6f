// A sensor's own page: the view in the address, and the points, band and marks that its chart shows. Pure.

import type { BandPoint, Mark } from "./charts/live-chart";
import { type ExploredSeries, type Range, RANGES } from "./explore";
import { formatNumber } from "./format";
import { t } from "./i18n/catalogue";
import { toEpochMs } from "./overview";
import type { Point } from "./series";
import { identity } from "./store";

const PREFIX = "#sensor?";
/** Up to so many readings are drawn one by one, with the band that was expected; of more, means. */
export const MAX_SINGLE = 2000;

export interface SensorView {
  id: string;
  range: Range;
}

/** A reading as query-api has it; what detection found is null until it is in the table. */
export interface StoredReading {
  reading_id: string;
  sensor_id: string;
  value: number;
  unit: string;
  timestamp: string;
  anomaly_score: number | null;
  anomaly_reason: string | null;
  expected_low: number | null;
  expected_high: number | null;
}

/** The part of the address that leads to a sensor's page. */
export function sensorHash({ id, range }: SensorView): string {
  return PREFIX + new URLSearchParams({ id, range }).toString();
}

/** The sensor's page that an address leads to; null when it leads elsewhere. */
export function sensorViewOf(hash: string): SensorView | null {
  if (!hash.startsWith(PREFIX)) return null;
  const held = new URLSearchParams(hash.slice(PREFIX.length));
  const id = held.get("id");
  return id ? { id, range: RANGES.find((range) => range === held.get("range")) ?? "1h" } : null;
}

/** The addresses that answer for a sensor's page. */
export function sensorRequests({ id, range }: SensorView) {
  const query = (more: Record<string, string>) => new URLSearchParams({ sensor_id: id, from: `now-${range}`, ...more }).toString();
  return {
    series: `/api/timeseries?${query({ group_by: "sensor_id", points: "400" })}`,
    readings: `/api/readings?${query({ limit: String(MAX_SINGLE) })}`,
    anomalies: `/api/anomalies?${query({ limit: "200" })}`,
    latest: `/api/latest?${new URLSearchParams({ sensor_id: id }).toString()}`,
  };
}

/** How many readings a series is made of. */
export function countOf(series: readonly ExploredSeries[]): number {
  return series.reduce((sum, { rows }) => sum + rows.reduce((within, [, count]) => within + count, 0), 0);
}

/** Readings as the points of a line, by time. */
export function pointsOf(readings: readonly StoredReading[]): Point[] {
  return readings
    .map((reading) => ({ x: Date.parse(reading.timestamp), y: reading.value, id: identity(reading) }))
    .sort((a, b) => a.x - b.x);
}

/** The band that was expected, by time; null where none is known, which ends it there. */
export function bandOf(readings: readonly StoredReading[]): (BandPoint | null)[] {
  return [...readings]
    .sort((a, b) => Date.parse(a.timestamp) - Date.parse(b.timestamp))
    .map(({ timestamp, expected_low, expected_high }) =>
      expected_low === null || expected_high === null ? null : { x: Date.parse(timestamp), low: expected_low, high: expected_high },
    );
}

/** The means of a series as the points of a line. */
export function meansOf(series: readonly ExploredSeries[]): Point[] {
  return series.flatMap(({ rows }) =>
    rows.flatMap(([time, , mean]) => (mean === null ? [] : [{ x: toEpochMs(time), y: mean, id: String(time) }])),
  );
}

/** Anomalies as marks that say score and reason. */
export function marksOf(anomalies: readonly StoredReading[]): Mark[] {
  return anomalies.map(({ timestamp, value, anomaly_score, anomaly_reason }) => ({
    x: Date.parse(timestamp),
    y: value,
    value,
    label: t("sensor.mark", formatScore(anomaly_score), anomaly_reason ?? ""),
  }));
}

/** A score with two decimals; empty when there is none. */
export function formatScore(score: number | null): string {
  return score === null ? "" : formatNumber(score, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}
