// Fewer points that look the same. Pure.

import type { Point } from "../series";

/**
 * At most about `limit` points of `points` (ordered by x): per bucket of equal width in x the first, the
 * lowest, the highest and the last, so that no extreme is lost. Known as M4 (Jugel et al., VLDB 2014).
 */
export function decimate(points: readonly Point[], limit: number): readonly Point[] {
  if (points.length <= limit) return points;
  const first = points[0]!.x;
  const width = (points[points.length - 1]!.x - first) / Math.max(1, Math.floor(limit / 4));
  const kept: Point[] = [];
  let start = 0;
  while (start < points.length) {
    const bucket = Math.floor((points[start]!.x - first) / width);
    let end = start + 1;
    while (end < points.length && (width <= 0 || Math.floor((points[end]!.x - first) / width) === bucket)) end++;
    kept.push(...extremes(points, start, end));
    start = end;
  }
  return kept;
}

/** First, lowest, highest and last of `points[start, end)`, each once and in their order. */
function extremes(points: readonly Point[], start: number, end: number): Point[] {
  let lowest = start;
  let highest = start;
  for (let at = start + 1; at < end; at++) {
    if (points[at]!.y < points[lowest]!.y) lowest = at;
    if (points[at]!.y > points[highest]!.y) highest = at;
  }
  const places = [...new Set([start, lowest, highest, end - 1])].sort((a, b) => a - b);
  return places.map((at) => points[at]!);
}
