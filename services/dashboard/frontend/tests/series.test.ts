import assert from "node:assert/strict";
import { test } from "node:test";
import { Series } from "../src/series";

const point = (x: number, id = `r${x}`) => ({ x, y: x * 10, id });
const times = (series: Series) => series.points.map(({ x }) => x);

test("points are kept in the order of their event time, however they arrive", () => {
  const series = new Series(10);
  for (const x of [5, 1, 3, 4, 2]) series.add(point(x));
  assert.deepEqual(times(series), [1, 2, 3, 4, 5]);
});

test("a reading that comes again is not a second point", () => {
  const series = new Series(10);
  assert.equal(series.add(point(1, "a")), true);
  assert.equal(series.add(point(1, "b")), true);
  assert.equal(series.add(point(1, "a")), false);
  assert.equal(series.points.length, 2);
});

test("a full series lets its oldest point go and takes none older than that", () => {
  const series = new Series(3);
  for (const x of [2, 3, 4, 5]) series.add(point(x));
  assert.equal(series.add(point(1)), false);
  assert.deepEqual(times(series), [3, 4, 5]);
});

test("since gives the points from an event time on, inclusive", () => {
  const series = new Series(10);
  for (const x of [1, 2, 3]) series.add(point(x));
  assert.deepEqual(series.since(2).map(({ x }) => x), [2, 3]);
  assert.deepEqual(series.since(9), []);
});
