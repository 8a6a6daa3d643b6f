import assert from "node:assert/strict";
import { test } from "node:test";
import { pageOf } from "../src/pages";
import { aboutStage, figuresOf, formatSeconds, lagText, overallText, type Pipeline, rateText, type Stage } from "../src/pipeline";

function stage(more: Partial<Stage> = {}): Stage {
  return { name: "query-api", health: "ready", reason: null, rate_per_s: 10, lag_messages: 0, lag_s: 0, ...more };
}

function pipeline(more: Partial<Pipeline> = {}): Pipeline {
  return {
    observed_at: "2026-03-01T12:00:00Z",
    stages: [stage({ name: "simulator" }), stage({ name: "kafka" }), stage()],
    fleet: { running: true, sensors: 20, rate_per_s: 10 },
    table: { committed_at: "2026-03-01T11:59:58.600Z", age_s: 1.4, files: 117, snapshots: 96, rows: 16582, tail: 19 },
    detection: { anomalies: 818, anomalies_24h: 12, open_high: 2, open_medium: 5, open_low: 1, derived_at: "2026-03-01T11:59:00Z", reason: null },
    ...more,
  };
}

test("the address leads to one page", () => {
  assert.equal(pageOf("#pipeline"), "pipeline");
  assert.equal(pageOf("#sensor?id=A&range=1h"), "sensor");
  for (const hash of ["", "#", "#sensor?id=", "#explore?sensor_id=A", "#pipelines"]) assert.equal(pageOf(hash), "overview", hash);
});

test("a rate that is not known is being measured, unless the stage does not work", () => {
  assert.deepEqual([9.96, 10.04, 1234].map((rate_per_s) => rateText(stage({ rate_per_s }))), ["10.0 /s", "10.0 /s", "1,234 /s"]);
  assert.equal(rateText(stage({ rate_per_s: 0 })), "0.0 /s");
  assert.equal(rateText(stage({ rate_per_s: null })), "measuring");
  for (const health of ["not_ready", "no_answer"] as const) assert.equal(rateText(stage({ rate_per_s: null, health })), "–");
});

test("what waits is told in readings and seconds, as far as they are known", () => {
  assert.equal(lagText(stage()), "none");
  assert.equal(lagText(stage({ lag_messages: 27, lag_s: 2.7 })), "27 (2.7 s)");
  assert.equal(lagText(stage({ lag_messages: 12345, lag_s: 1234.5 })), "12,345 (20 min)");
  assert.equal(lagText(stage({ lag_messages: 27, lag_s: null })), "27");
  assert.equal(lagText(stage({ lag_messages: null, lag_s: null })), "–");
});

test("seconds have a decimal while they are few", () => {
  assert.deepEqual([0.04, 1.44, 9.96, 42.4, 90].map(formatSeconds), ["0 s", "1.4 s", "10 s", "42 s", "1 min"]);
});

test("the whole is ready, or the stages that are not are named; one that this stack has not is not missed", () => {
  assert.equal(overallText(pipeline({ stages: [stage({ name: "simulator", health: "absent" }), stage()] })), "Every stage is ready");
  const wrong = [stage({ name: "kafka", health: "not_ready" }), stage({ name: "tables", health: "no_answer" }), stage()];
  assert.equal(overallText(pipeline({ stages: wrong })), "Something is wrong: Kafka, tables");
});

test("of the simulator it is said what it is set to", () => {
  assert.equal(aboutStage("simulator", pipeline()), "20 sensors, set to 10 /s");
  assert.equal(aboutStage("simulator", pipeline({ fleet: { running: false, sensors: 20, rate_per_s: 10 } })), "stopped");
  assert.equal(aboutStage("simulator", pipeline({ fleet: null })), "simulated sensors");
  assert.equal(aboutStage("dashboard", pipeline()), "this page");
});

test("figures are those of the answer; what is not known is a dash", () => {
  const known = figuresOf(pipeline(), Date.parse("2026-03-01T12:00:00Z"));
  assert.deepEqual(Object.values(known), ["1.4 s ago", "117", "96", "16,582", "19", "818", "12", "8", "1 min ago"]);
  const nothing = { anomalies: null, anomalies_24h: null, open_high: null, open_medium: null, open_low: null, derived_at: null, reason: "away" };
  assert.deepEqual(new Set(Object.values(figuresOf(pipeline({ table: null, detection: nothing }), 0))), new Set(["–"]));
});
