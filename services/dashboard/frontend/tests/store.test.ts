import assert from "node:assert/strict";
import { test } from "node:test";
import type { AlertTransition, Anomaly, LiveFrame, Reading, WindowStats } from "../src/frames";
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

function alert(id: string, openedMs: number, more: Partial<AlertTransition> = {}): AlertTransition {
  const { reading_id, sensor_type, location, unit, value } = reading("A", openedMs);
  return {
    alert_id: id,
    sequence: 0,
    state: "opened",
    rule_id: "abnormal-value",
    kind: "threshold",
    severity: "medium",
    sensor_id: "A",
    reading_id,
    sensor_type,
    location,
    unit,
    value,
    peak: value,
    count: 1,
    message: "",
    opened_at: at(openedMs),
    event_time: at(openedMs),
    last_seen: at(openedMs),
    ...more,
  };
}

function anomaly(sensor: string, offsetMs: number, more: Partial<Anomaly> = {}): Anomaly {
  return { ...reading(sensor, offsetMs), anomaly_score: 0.9, anomaly_reason: "", ...more };
}

function window(startMs: number, more: Partial<WindowStats> = {}): WindowStats {
  const times = { window_start: at(startMs), window_end: at(startMs + 60_000) };
  const figures = { count: 1, avg: 1, min: 1, max: 1, anomaly_count: 0 };
  return { ...times, sensor_type: "temperature", location: "Tangier-Port", ...figures, ...more };
}

function snapshot(readings: Reading[], alerts: AlertTransition[] = []): LiveFrame {
  return { type: "snapshot", readings, alerts, anomalies: [], windows: [], server_time: at(0) };
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
  store.apply(snapshot([reading("A", -2000), reading("A", -1000), reading("A", -500)], [alert("a", -500)]), NOW);
  store.apply(snapshot([reading("A", -500)], [alert("a", -500)]), NOW);
  assert.deepEqual(store.sensors.get("A")!.series.points.map(({ y }) => y), [-2000, -1000, -500]);
  assert.equal(store.shownAlerts(NOW).length, 1);
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

test("an alert is one row that follows its steps, whatever their order", () => {
  const store = new Store();
  const updated = alert("a", 0, { sequence: 2, state: "updated", count: 31 });
  store.apply({ type: "alerts", alerts: [alert("a", 0), updated, alert("a", 0, { sequence: 1, count: 9 })] }, NOW);
  assert.deepEqual(store.shownAlerts(NOW).map(({ newest }) => newest.count), [31]);
});

test("the newer of two open alerts of a series and rule takes the other's place", () => {
  const store = new Store();
  store.apply({ type: "alerts", alerts: [alert("new", 2000), alert("old", 0), alert("other rule", 0, { rule_id: "unusual" })] }, NOW);
  assert.deepEqual(store.shownAlerts(NOW).map(({ newest }) => newest.alert_id), ["new", "other rule"]);
});

test("an alert that somebody resolved is no longer shown as open", () => {
  const store = new Store();
  store.apply({ type: "alerts", alerts: [alert("a", 0), alert("b", 0, { sensor_id: "B" })] }, NOW);
  store.setAlertStatuses([
    { alert_id: "a", status: "resolved", inhibited_by: null },
    { alert_id: "b", status: "snoozed", inhibited_by: null },
  ]);
  assert.deepEqual(store.shownAlerts(NOW).map(({ newest }) => newest.alert_id), ["b"]);
  assert.equal(store.alertStatus("b"), "snoozed");
});

test("an alert that another one inhibits is shown behind those in force, until it comes into force", () => {
  const store = new Store();
  store.apply({ type: "alerts", alerts: [alert("a", 0), alert("b", 0, { sensor_id: "B", severity: "low" })] }, NOW);
  store.setAlertStatuses([{ alert_id: "a", status: "open", inhibited_by: "c" }]);
  assert.deepEqual(store.shownAlerts(NOW).map(({ newest }) => newest.alert_id), ["b", "a"]);
  assert.ok(store.isInhibited("a") && !store.isInhibited("b"));
  store.setAlertStatuses([{ alert_id: "a", status: "open", inhibited_by: null }]);
  assert.deepEqual(store.shownAlerts(NOW).map(({ newest }) => newest.alert_id), ["a", "b"]);
});

test("an alert that was opened before the service remembers is shown, and follows its live steps", () => {
  const store = new Store();
  const people = { status: "open", acknowledged_by: null, snoozed_by: null, resolved_by: null, inhibited_by: null } as const;
  const kept = { ...alert("old", -86_400_000, { count: 7 }), ...people, limit: 40, cleared_at: null, clear_reason: null };
  store.addKeptAlerts([kept]);
  assert.deepEqual(store.shownAlerts(NOW).map(({ newest }) => newest.count), [7]);
  store.apply({ type: "alerts", alerts: [alert("old", -86_400_000, { sequence: 3, state: "updated", count: 9 })] }, NOW);
  store.addKeptAlerts([kept]);
  assert.deepEqual(store.shownAlerts(NOW).map(({ newest }) => newest.count), [9]);
  store.setAlertStatuses([{ alert_id: "old", status: "cleared", inhibited_by: null }]);
  assert.deepEqual(store.shownAlerts(NOW), []);
});

test("open alerts come by severity, then the newest; cleared ones come last and leave after a minute", () => {
  const store = new Store();
  const cleared = alert("cleared", 0, { severity: "high", sequence: 1, state: "cleared", event_time: at(5000) });
  const low = alert("low", 3000, { severity: "low", rule_id: "unusual" });
  const high = alert("high", 1000, { severity: "high", rule_id: "critical-value" });
  const old = alert("old", 0, { sensor_id: "B" });
  store.apply({ type: "alerts", alerts: [cleared, low, old, alert("new", 2000), high] }, NOW);
  const shown = (nowMs: number) => store.shownAlerts(nowMs).map(({ newest }) => newest.alert_id);
  assert.deepEqual(shown(NOW), ["high", "new", "old", "low", "cleared"]);
  assert.deepEqual(shown(NOW + 61_000), ["high", "new", "old", "low"]);
});

test("anomalies come from detection, and never from what the sensor says of itself", () => {
  const store = new Store();
  const boastful = { ...reading("A", 0), is_anomaly: true };
  store.apply({ type: "readings", readings: [boastful] }, NOW);
  assert.equal(store.anomalousReadings.size, 0);
  store.apply({ type: "alerts", alerts: [alert("a", 0)] }, NOW);
  store.apply({ type: "anomalies", anomalies: [anomaly("A", 0), anomaly("A", 0)] }, NOW);
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
  store.apply({ type: "anomalies", anomalies: [anomaly("B", 0, shared)] }, NOW);
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
