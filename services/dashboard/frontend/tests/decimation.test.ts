import assert from "node:assert/strict";
import { test } from "node:test";
import { decimate } from "../src/charts/decimation";

const wave = (count: number) =>
  Array.from({ length: count }, (_, x) => ({ x, y: Math.sin(x / 50), id: String(x) }));

test("few points stay as they are", () => {
  const points = wave(100);
  assert.equal(decimate(points, 100), points);
});

test("many points become few, in their order, with first and last", () => {
  const points = wave(10_000);
  const kept = decimate(points, 400);
  assert.ok(kept.length <= 410, `${kept.length} points`);
  assert.ok(kept.every((point, index) => index === 0 || point.x > kept[index - 1]!.x));
  assert.equal(kept[0], points[0]);
  assert.equal(kept.at(-1), points.at(-1));
});

test("a single spike and a single dip are never lost", () => {
  const points = wave(10_000);
  points[4321]!.y = 99;
  points[7654]!.y = -99;
  const values = decimate(points, 200).map(({ y }) => y);
  assert.equal(Math.max(...values), 99);
  assert.equal(Math.min(...values), -99);
});

test("points of one moment don't hang or multiply", () => {
  const points = Array.from({ length: 500 }, (_, y) => ({ x: 1, y, id: String(y) }));
  assert.deepEqual(decimate(points, 100).map(({ y }) => y), [0, 499]);
});
