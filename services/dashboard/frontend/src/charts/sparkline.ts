// A small line of the newest values, as the path of an SVG. Pure.

import type { Point } from "../series";
import { ordinaryRange } from "./scales";

const POINTS = 40;

/** Path data for the newest points in a box of `width` by `height`; empty with fewer than two points. */
export function sparklinePath(points: readonly Point[], width: number, height: number): string {
  const newest = points.slice(-POINTS);
  const range = ordinaryRange([newest]);
  if (newest.length < 2 || range === null) return "";
  const steps = newest.map((point, index) => {
    const x = (index / (newest.length - 1)) * width;
    const share = Math.min(1, Math.max(0, (point.y - range.min) / (range.max - range.min)));
    return `${x.toFixed(1)} ${(height - share * height).toFixed(1)}`;
  });
  return `M${steps.join("L")}`;
}
