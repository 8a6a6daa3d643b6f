import assert from "node:assert/strict";
import { test } from "node:test";
import { appliesTo, areOrdered, backtestOf, changeOf, limitOf, type Rule, type ThresholdSensor } from "../src/thresholds";

const RULE: Rule = { rule_id: "abnormal-value", version: 3, enabled: true, deleted: false, selectors: {} };

function sensor(more: Partial<ThresholdSensor> = {}): ThresholdSensor {
  return {
    ...{ sensor_id: "S 1", registered: false, sensor_type: "temperature", location: "Roof", unit: "Celsius" },
    ...{ low: null, high: null, tags: ["cold"], updated_at: null },
    ...more,
  };
}

test("a field that is empty is no limit, one with zero is", () => {
  assert.deepEqual(["", "  ", "0", "-1.5"].map(limitOf), [null, null, 0, -1.5]);
});

test("a value must fit between the limits", () => {
  assert.ok(areOrdered({ low: 1, high: 2 }));
  assert.ok(areOrdered({ low: null, high: -5 }));
  assert.ok(!areOrdered({ low: 2, high: 2 }));
});

test("a change says of which state it is made", () => {
  const read = sensor({ updated_at: "2026-03-01T12:00:00.123456Z" });
  const change = changeOf(read, { low: 1, high: null });
  assert.equal(change.path, "/api/sensors/S%201?unchanged_since=2026-03-01T12%3A00%3A00.123456Z");
  assert.deepEqual(change.body, { low: 1, high: null });
  assert.match(changeOf(sensor(), { low: 1, high: null }).path, /unchanged_since=1970/, "of one that nobody changed, any change is too many");
});

test("the rule as it is written is tried on this sensor alone, with what it would be", () => {
  const own: Rule = { ...RULE, selectors: { sensor_ids: ["S 1", "S 2"] } };
  assert.deepEqual(backtestOf(own, sensor(), { low: null, high: 8 }), {
    rule: { rule_id: "abnormal-value", enabled: true, selectors: { sensor_ids: ["S 1"] } },
    sensors: [{ sensor_id: "S 1", low: null, high: 8 }],
  });
});

test("what people say of a sensor beside its thresholds stays as it is", () => {
  const { sensors } = backtestOf(RULE, sensor({ registered: true }), { low: 2, high: 8 }) as { sensors: object[] };
  assert.deepEqual(sensors, [{ sensor_id: "S 1", sensor_type: "temperature", location: "Roof", tags: ["cold"], low: 2, high: 8 }]);
});

test("a rule that is off, deleted or for others tries nothing", () => {
  assert.ok(appliesTo(RULE, "S 1"));
  assert.ok(appliesTo({ rule_id: "abnormal-value", version: 1 }, "S 1"));
  for (const other of [{ enabled: false }, { deleted: true }, { selectors: { sensor_ids: ["S 2"] } }]) {
    assert.ok(!appliesTo({ ...RULE, ...other }, "S 1"));
  }
});
