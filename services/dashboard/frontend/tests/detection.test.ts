import assert from "node:assert/strict";
import { test } from "node:test";
import { Detection } from "../src/detection";
import type { Anomaly } from "../src/frames";

const START = Date.parse("2026-03-01T12:00:00Z");
const at = (offsetMs: number) => new Date(START + offsetMs).toISOString();

const INTERVAL_MS = 2000;

function injected(sensors = ["A"], lastsMs: number | null = null, kind = "stuck_at") {
  const ends_at = lastsMs === null ? null : at(lastsMs);
  return new Detection({ kind, sensors, starts_at: at(0), ends_at }, INTERVAL_MS);
}

function anomaly(eventMs: number, more: Partial<Anomaly> = {}): Anomaly {
  return {
    sensor_id: "A",
    sensor_type: "temperature",
    location: "Port",
    reading_id: `${eventMs}`,
    value: 90,
    unit: "Celsius",
    timestamp: at(eventMs),
    anomaly_score: 0.9,
    anomaly_reason: "90 is too hot",
    ...more,
  };
}

test("the first anomaly of the sensor from the fault's start on is its detection", () => {
  const detection = injected();
  detection.addAnomalies([anomaly(500), anomaly(700, { anomaly_reason: "later" })], START + 2140);
  detection.addAnomalies([anomaly(900, { anomaly_reason: "later" })], START + 3000);
  assert.equal(detection.text(START + 5000), "Stuck at on A: detected 1.6 s after it was measured. 90 is too hot");
});

test("what came before, or of another sensor, is none", () => {
  const detection = injected();
  detection.addAnomalies([anomaly(-1), anomaly(500, { sensor_id: "B" })], START + 2000);
  assert.equal(detection.text(START + 5000), "Stuck at on A: not detected yet");
});

test("an anomaly of a reading that the fault can't have struck is none", () => {
  const one = injected();
  one.addAnomalies([anomaly(INTERVAL_MS + 1)], START + 4000);
  assert.equal(one.text(START + 23_000), "Stuck at on A: not detected");
  const minute = injected(["A"], 60_000);
  minute.addAnomalies([anomaly(60_001)], START + 62_000);
  assert.equal(minute.text(START + 81_000), "Stuck at on A: not detected");
});

for (const kind of ["offline", "dropout", "late", "duplicate"]) {
  test(`${kind} leaves values right, so an anomaly is not its detection`, () => {
    const detection = injected(["A"], 60_000, kind);
    detection.addAnomalies([anomaly(500)], START + 2000);
    assert.match(detection.text(START + 81_000), /: not detected$/);
  });
}

test("a slow sensor's one reading is waited for", () => {
  const slow = new Detection({ kind: "spike", sensors: ["A"], starts_at: at(0), ends_at: null }, 600_000);
  assert.match(slow.text(START + 500_000), /not detected yet/);
  slow.addAnomalies([anomaly(590_000)], START + 591_640);
  assert.match(slow.text(START + 592_000), /detected 1.6 s after/);
});

test("it is given up some time after the fault's end, but an anomaly that comes later still counts", () => {
  const detection = injected(["A"], 60_000);
  assert.match(detection.text(START + 79_000), /not detected yet/);
  assert.equal(detection.text(START + 81_000), "Stuck at on A: not detected");
  detection.addAnomalies([anomaly(59_000)], START + 90_000);
  assert.match(detection.text(START + 91_000), /detected 31 s after it was measured/);
});

test("of several sensors the one that was anomalous is named", () => {
  const detection = injected(["A", "B"]);
  detection.addAnomalies([anomaly(500, { sensor_id: "B" })], START + 2140);
  assert.equal(detection.text(START), "Stuck at on 2 sensors: detected 1.6 s after it was measured. B: 90 is too hot");
});
