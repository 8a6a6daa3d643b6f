import assert from "node:assert/strict";
import { test } from "node:test";
import { bandOf, countOf, marksOf, meansOf, pointsOf, sensorHash, sensorRequests, sensorViewOf, type StoredReading } from "../src/sensor-page";

const AT = Date.parse("2026-03-01T12:00:00Z");

function stored(seconds: number, more: Partial<StoredReading> = {}): StoredReading {
  return {
    ...{ reading_id: String(seconds), sensor_id: "A", value: seconds, unit: "Celsius" },
    timestamp: new Date(AT + seconds * 1000).toISOString(),
    ...{ anomaly_score: null, anomaly_reason: null, expected_low: -1, expected_high: 1 },
    ...more,
  };
}

test("the address of a sensor's page brings the same view back, whatever the sensor is called", () => {
  for (const id of ["SENSOR_001", "a b&range=7d", "é#?"]) {
    assert.deepEqual(sensorViewOf(sensorHash({ id, range: "7d" })), { id, range: "7d" });
  }
  assert.deepEqual(sensorViewOf("#sensor?id=A&range=2w"), { id: "A", range: "1h" });
  assert.equal(sensorViewOf("#sensor?id="), null);
  assert.equal(sensorViewOf("#explore?sensor_id=A"), null);
});

test("all questions are about the one sensor", () => {
  for (const path of Object.values(sensorRequests({ id: "A&B", range: "6h" }))) assert.ok(path.includes("sensor_id=A%26B"), path);
});

test("readings become a line by time, newest last, with the identity that live ones have", () => {
  const points = pointsOf([stored(2), stored(1)]);
  assert.deepEqual(points.map(({ x, id }) => [x - AT, id]), [[1000, "A 1"], [2000, "A 2"]]);
});

test("the band ends where nothing was expected", () => {
  const band = bandOf([stored(3), stored(2, { expected_low: null }), stored(1)]);
  assert.deepEqual(band, [{ x: AT + 1000, low: -1, high: 1 }, null, { x: AT + 3000, low: -1, high: 1 }]);
});

test("means leave empty intervals out, and count all readings", () => {
  const series = [{ sensor_id: "A", sensor_type: null, rows: [[AT, 3, 1.5, 1, 2, 0], [AT + 1, 0, null, null, null, 0]] }];
  assert.deepEqual(meansOf(series as never).map(({ y }) => y), [1.5]);
  assert.equal(countOf(series as never), 3);
});

test("a mark says score and reason", () => {
  const [mark] = marksOf([stored(1, { anomaly_score: 0.934, anomaly_reason: "too high" })]);
  assert.equal(mark!.label, "0.93 too high");
});
