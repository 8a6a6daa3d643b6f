import assert from "node:assert/strict";
import { test } from "node:test";
import type { Alert, LiveFrame, Reading, WindowStats } from "../src/frames";
import { type Sensor, Store } from "../src/store";

const NOW = Date.parse("2026-03-01T12:00:00Z");
const at = (offsetMs: number) => new Date(NOW + offsetMs).toISOString();

function reading(sensor: string, offsetMs: number, more: Partial<Reading> = {}): Reading {
  return {
    reading_id: `${sensor}@${offsetMs}`,
    sensor_id: sensor,
    sensor_type: "temperature",
    location: "Tangier-Port",
    value: offsetMs,
    unit: "Celsius",
    timestamp: at(offsetMs),
    ...more,
  };
}

function alert(sensor: string, offsetMs: number, more: Partial<Alert> = {}): Alert {
  const { reading_id, sensor_type, location, unit, value } = reading(sensor, offsetMs);
  const kind = more.kind ?? "anomaly";
  return {
    alert_id: `${sensor}:${reading_id}:${kind}`,
    kind,
    severity: "high",
    sensor_id: sensor,
    reading_id,
    sensor_type,
    location,
    unit,
    value,
    message: "",
    event_time: at(offsetMs),
    raised_at: at(offsetMs),
    ...more,
  };
}

function window(startMs: number, more: Partial<WindowStats> = {}): WindowStats {
  const times = { window_start: at(startMs), window_end: at(startMs + 60_000) };
  const figures = { count: 1, avg: 1, min: 1, max: 1, anomaly_count: 0 };
  return { ...times, sensor_type: "temperature", location: "Tangier-Port", ...figures, ...more };
}

function snapshot(readings: Reading[], alerts: Alert[] = []): LiveFrame {
  return { type: "snapshot", readings, alerts, windows: [], server_time: at(0) };
}

test("the latest reading is the one of the newest event time, not the one that came last", () => {
  const store = new Store();
  store.apply({ type: "readings", readings: [reading("A", 2000), reading("A", 1000)] }, NOW + 2000);
  assert.equal(store.sensors.get("A")!.latest.value, 2000);
  assert.deepEqual(store.sensors.get("A")!.series.points.map(({ y }) => y), [1000, 2000]);
});

test("a snapshot after a reconnect adds what was missed and shows nothing twice", () => {
  const store = new Store();
  store.apply(snapshot([reading("A", -2000)]), NOW);
  store.apply({ type: "readings", readings: [reading("A", -1000)] }, NOW);
  store.apply(snapshot([reading("A", -2000), reading("A", -1000), reading("A", -500)], [alert("A", -500)]), NOW);
  store.apply(snapshot([reading("A", -500)], [alert("A", -500)]), NOW);
  assert.deepEqual(store.sensors.get("A")!.series.points.map(({ y }) => y), [-2000, -1000, -500]);
  assert.equal(store.alerts.get("A anomaly")!.count, 1);
});

test("readings of a snapshot are history: they are neither counted nor timed", () => {
  const store = new Store();
  store.apply(snapshot([reading("A", -60_000)]), NOW);
  assert.equal(store.received, 0);
  assert.equal(store.readingsPerSecond(NOW), 0);
  assert.equal(store.eventToScreen().newest, null);
  store.apply({ type: "readings", readings: [reading("A", 0)] }, NOW + 25);
  assert.deepEqual(store.eventToScreen(), { newest: 25, median: 25, p95: 25 });
});

test("latency is taken on the server's clock when this machine's is wrong", () => {
  const store = new Store();
  const wrong = 3_600_000;
  store.apply(snapshot([]), NOW + wrong);
  store.apply({ type: "readings", readings: [reading("A", 0)] }, NOW + wrong + 40);
  assert.equal(store.eventToScreen().newest, 40);
});

test("alerts of one sensor and kind are one row that counts up", () => {
  const store = new Store();
  const battery = alert("A", 3000, { kind: "battery_low" });
  store.apply({ type: "alerts", alerts: [alert("A", 1000), alert("A", 2000), battery, alert("B", 1500)] }, NOW);
  const rows = store.alertGroups().map(({ sensorId, kind, count }) => `${sensorId} ${kind} ${count}`);
  assert.deepEqual(rows, ["A battery_low 1", "A anomaly 2", "B anomaly 1"]);
});

test("anomalies come from alerts, and never from what the sensor says of itself", () => {
  const store = new Store();
  const boastful = { ...reading("A", 0), is_anomaly: true };
  store.apply({ type: "readings", readings: [boastful] }, NOW);
  assert.equal(store.anomalousReadings.size, 0);
  store.apply({ type: "alerts", alerts: [alert("A", 0), alert("A", 0, { kind: "battery_low" })] }, NOW);
  assert.deepEqual([...store.anomalousReadings], ["A A@0"]);
  assert.equal(store.anomaliesWithin(60_000, NOW), 1);
  assert.equal(store.anomaliesWithin(60_000, NOW + 61_000), 0);
});

test("the newest window of a type and location is shown, and its newest state", () => {
  const store = new Store();
  store.apply({ type: "windows", windows: [window(0, { count: 1 }), window(0, { count: 7 }), window(-30_000)] }, NOW);
  assert.deepEqual([...store.windows.values()].map(({ count }) => count), [7]);
});

test("a sensor is online while it is heard, whatever its event times say", () => {
  const store = new Store();
  const yearsAgo = -10 * 365 * 86_400_000;
  store.apply(snapshot([reading("OLD", yearsAgo), reading("A", -5000)]), NOW);
  assert.equal(store.online(NOW), 1);
  store.apply({ type: "readings", readings: [reading("OLD", yearsAgo + 1)] }, NOW + 1000);
  assert.equal(store.online(NOW + 1000), 2);
  assert.equal(store.online(NOW + 40_000), 0);
});

test("low batteries are those below 30 percent, the emptiest first", () => {
  const store = new Store();
  const levels = { A: 29.9, B: 30, C: 4 };
  const readings = Object.entries(levels).map(([id, battery_level]) => reading(id, 0, { battery_level }));
  store.apply({ type: "readings", readings: [...readings, reading("D", 0)] }, NOW);
  assert.deepEqual(store.lowBatteries().map(({ id }) => id), ["C", "A"]);
});

test("a gap is remembered and added up", () => {
  const store = new Store();
  store.apply({ type: "gap", conflated: 5 }, NOW);
  store.apply({ type: "gap", conflated: 7 }, NOW + 10);
  assert.deepEqual([store.conflated, store.conflatedAt], [12, NOW + 10]);
});

test("messages that could not be read are remembered and added up", () => {
  const store = new Store();
  store.apply({ type: "left_out", messages: 1 }, NOW);
  store.apply({ type: "left_out", messages: 2 }, NOW + 10);
  assert.deepEqual([store.unreadable, store.unreadableAt], [3, NOW + 10]);
});

test("an anomaly of one sensor marks no reading of another with the same reading_id", () => {
  const store = new Store();
  const shared = { reading_id: "shared" };
  store.apply({ type: "readings", readings: [reading("A", 0, shared), reading("B", 0, shared)] }, NOW);
  store.apply({ type: "alerts", alerts: [{ ...alert("B", 0), ...shared }] }, NOW);
  const isMarked = ({ series }: Sensor) => series.points.some(({ id }) => store.anomalousReadings.has(id));
  const marked = [...store.sensors.values()].filter(isMarked);
  assert.deepEqual(marked.map(({ id }) => id), ["B"]);
});

test("what is remembered stays bounded, however many sensors and alerts there are", () => {
  const store = new Store();
  for (let number = 0; number < 2500; number++) {
    store.apply({ type: "readings", readings: [reading(`S${number}`, number)] }, NOW + number);
    store.apply({ type: "alerts", alerts: [alert(`S${number}`, number)] }, NOW + number);
  }
  assert.equal(store.sensors.size, 2000);
  assert.ok(!store.sensors.has("S0") && store.sensors.has("S2499"));
  assert.equal(store.alerts.size, 500);
});
