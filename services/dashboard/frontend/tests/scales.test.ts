import assert from "node:assert/strict";
import { test } from "node:test";
import { fullRange, ordinaryRange, timeRange, timeTicks } from "../src/charts/scales";
import { sparklinePath } from "../src/charts/sparkline";

const points = (values: number[], stepMs = 1000) =>
  values.map((y, index) => ({ x: index * stepMs, y, id: String(index) }));
const noisy = Array.from({ length: 200 }, (_, index) => 20 + Math.sin(index));

test("outliers don't stretch the ordinary range, but the full one", () => {
  const values = [...noisy];
  for (let index = 0; index < 200; index += 20) values[index] = 90;
  const ordinary = ordinaryRange([points(values)])!;
  assert.ok(ordinary.min > 18 && ordinary.min < 19.1 && ordinary.max < 22, JSON.stringify(ordinary));
  assert.ok(fullRange([points(values)])!.max > 90);
});

test("a sensor on another level is no outlier: its line is in the range too", () => {
  const range = ordinaryRange([points(noisy), points(noisy.map((value) => value + 40))])!;
  assert.ok(range.min < 20 && range.max > 60);
});

test("values that don't move have a range with height", () => {
  for (const value of [0, 5e-324, 21.5, -1e100]) {
    const range = ordinaryRange([points([value, value, value])])!;
    assert.ok(range.max > range.min, String(value));
  }
  assert.equal(ordinaryRange([[]]), null);
});

test("the shown time ends with the newest point and spans what was asked", () => {
  assert.deepEqual(timeRange([points(noisy), []], 60_000), { min: 139_000, max: 199_000 });
  assert.deepEqual(timeRange([points([1, 2, 3, 4])], 60_000), { min: 0, max: 3000 });
  assert.equal(timeRange([[]], 60_000), null);
});

test("sensors that measure seldom are shown with all their points", () => {
  const everyFiveMinutes = points(noisy, 300_000);
  assert.deepEqual(timeRange([everyFiveMinutes], 120_000), { min: 0, max: 199 * 300_000 });
});

test("ticks are round times, as many as fit", () => {
  assert.deepEqual(timeTicks({ min: 12_000, max: 130_000 }, 5), [30_000, 60_000, 90_000, 120_000]);
  assert.ok(timeTicks({ min: 0, max: 400 * 86_400_000 }, 6).length <= 7);
});

test("a sparkline needs two points and stays inside its box", () => {
  assert.equal(sparklinePath(points([1]), 72, 18), "");
  assert.equal(sparklinePath(points([1, 1, 1]), 10, 18).split("L").length, 3);
  const heights = sparklinePath(points([...noisy.slice(0, 39), 5000]), 72, 18).slice(1).split("L");
  assert.ok(heights.every((step) => Number(step.split(" ")[1]) >= 0 && Number(step.split(" ")[1]) <= 18));
});
