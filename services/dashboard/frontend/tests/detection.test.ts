import assert from "node:assert/strict";
import { test } from "node:test";
import { Detection } from "../src/detection";
import type { Alert } from "../src/frames";

const START = Date.parse("2026-03-01T12:00:00Z");
const at = (offsetMs: number) => new Date(START + offsetMs).toISOString();

const INTERVAL_MS = 2000;

function injected(sensors = ["A"], lastsMs: number | null = null, kind = "stuck_at") {
  const ends_at = lastsMs === null ? null : at(lastsMs);
  return new Detection({ kind, sensors, starts_at: at(0), ends_at }, INTERVAL_MS);
}

function alert(eventMs: number, more: Partial<Alert> = {}): Alert {
  return {
    alert_id: `${eventMs}`,
    kind: "anomaly",
    severity: "high",
    sensor_id: "A",
    sensor_type: "temperature",
    location: "Port",
    reading_id: `${eventMs}`,
    value: 90,
    unit: "Celsius",
    message: "90 is too hot",
    event_time: at(eventMs),
    raised_at: at(eventMs + 1640),
    ...more,
  };
}

test("the first alert of the sensor from the fault's start on is its detection", () => {
  const detection = injected();
  detection.addAlerts([alert(500), alert(700, { message: "later" })]);
  detection.addAlerts([alert(900, { message: "later" })]);
  assert.equal(detection.text(START + 5000), "Stuck at on A: detected 1.6 s after it was measured. 90 is too hot");
});

test("what came before, of another sensor or of its battery, is none", () => {
  const detection = injected();
  detection.addAlerts([alert(-1), alert(500, { sensor_id: "B" }), alert(500, { kind: "battery_low" })]);
  assert.equal(detection.text(START + 5000), "Stuck at on A: not detected yet");
});

test("an anomaly of a reading that the fault can't have struck is none", () => {
  const one = injected();
  one.addAlerts([alert(INTERVAL_MS + 1)]);
  assert.equal(one.text(START + 23_000), "Stuck at on A: not detected");
  const minute = injected(["A"], 60_000);
  minute.addAlerts([alert(60_001)]);
  assert.equal(minute.text(START + 81_000), "Stuck at on A: not detected");
});

for (const kind of ["offline", "dropout", "late", "duplicate"]) {
  test(`${kind} leaves values right, so an anomaly is not its detection`, () => {
    const detection = injected(["A"], 60_000, kind);
    detection.addAlerts([alert(500)]);
    assert.match(detection.text(START + 81_000), /: not detected$/);
  });
}

test("a slow sensor's one reading is waited for", () => {
  const slow = new Detection({ kind: "spike", sensors: ["A"], starts_at: at(0), ends_at: null }, 600_000);
  assert.match(slow.text(START + 500_000), /not detected yet/);
  slow.addAlerts([alert(590_000)]);
  assert.match(slow.text(START + 592_000), /detected 1.6 s after/);
});

test("it is given up some time after the fault's end, but an alert that comes later still counts", () => {
  const detection = injected(["A"], 60_000);
  assert.match(detection.text(START + 79_000), /not detected yet/);
  assert.equal(detection.text(START + 81_000), "Stuck at on A: not detected");
  detection.addAlerts([alert(59_000, { raised_at: at(90_000) })]);
  assert.match(detection.text(START + 91_000), /detected 31 s after it was measured/);
});

test("of several sensors the one that raised the alert is named", () => {
  const detection = injected(["A", "B"]);
  detection.addAlerts([alert(500, { sensor_id: "B" })]);
  assert.equal(detection.text(START), "Stuck at on 2 sensors: detected 1.6 s after it was measured. B: 90 is too hot");
});
