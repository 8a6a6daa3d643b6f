// What part of the values and of the time a chart shows. Pure.

import type { Point } from "../series";

export interface Range {
  min: number;
  max: number;
}

/** How far beyond the quartiles a value still counts as ordinary, in interquartile ranges (Tukey's far out). */
const FENCE = 3;
const PADDING = 0.08;
/** A shown time span with fewer points than this in every series is too short for these sensors. */
const FEW_POINTS = 3;

/** The range that the ordinary values of all series fill, with some air; outliers don't stretch it. */
export function ordinaryRange(seriesList: readonly (readonly Point[])[]): Range | null {
  const ranges = seriesList.map((points) => withoutOutliers(points.map((point) => point.y)));
  return padded(ranges.filter((range) => range !== null));
}

/** The range of all values of all series, with some air. */
export function fullRange(seriesList: readonly (readonly Point[])[]): Range | null {
  const ranges = seriesList.filter((points) => points.length > 0).map((points) => extent(points.map(({ y }) => y)));
  return padded(ranges);
}

function withoutOutliers(values: number[]): Range | null {
  if (values.length === 0) return null;
  const sorted = values.sort((a, b) => a - b);
  const low = sorted[Math.floor(sorted.length * 0.25)]!;
  const high = sorted[Math.floor((sorted.length - 1) * 0.75)]!;
  const reach = FENCE * (high - low);
  const ordinary = reach > 0 ? sorted.filter((value) => value >= low - reach && value <= high + reach) : sorted;
  return extent(ordinary);
}

function extent(values: readonly number[]): Range {
  return values.reduce(
    (range, value) => ({ min: Math.min(range.min, value), max: Math.max(range.max, value) }),
    { min: Infinity, max: -Infinity },
  );
}

function padded(ranges: readonly Range[]): Range | null {
  if (ranges.length === 0) return null;
  const min = Math.min(...ranges.map((range) => range.min));
  const max = Math.max(...ranges.map((range) => range.max));
  const air = (max - min || Math.abs(max)) * PADDING || PADDING;
  return { min: min - air, max: max + air };
}

/**
 * The time span to show: `spanMs` up to the newest point, less while there are no older points, and everything
 * when the span holds next to nothing, as with a sensor that measures every five minutes.
 */
export function timeRange(seriesList: readonly (readonly Point[])[], spanMs: number): Range | null {
  const filled = seriesList.filter((points) => points.length > 0);
  if (filled.length === 0) return null;
  const max = Math.max(...filled.map((points) => points[points.length - 1]!.x));
  const oldest = Math.min(...filled.map((points) => points[0]!.x));
  const isSparse = filled.every((points) => pointsSince(points, max - spanMs) < Math.min(FEW_POINTS, points.length));
  return { min: isSparse ? oldest : Math.max(oldest, max - spanMs), max };
}

function pointsSince(points: readonly Point[], since: number): number {
  let count = 0;
  for (let at = points.length - 1; at >= 0 && points[at]!.x >= since; at--) count++;
  return count;
}

const STEPS_MS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400].map(
  (seconds) => seconds * 1000,
);

/** Round times for at most `limit` ticks within `range`. */
export function timeTicks(range: Range, limit: number): number[] {
  const span = range.max - range.min;
  const day = STEPS_MS[STEPS_MS.length - 1]!;
  const step = STEPS_MS.find((candidate) => span / candidate <= limit) ?? Math.ceil(span / limit / day) * day;
  const ticks: number[] = [];
  for (let tick = Math.ceil(range.min / step) * step; tick <= range.max; tick += step) ticks.push(tick);
  return ticks;
}
