import assert from "node:assert/strict";
import { test } from "node:test";
import { batteryLevel, HOUR_MS, historyProblem, hoursOf, type LocationRow, sortLocations, trend } from "../src/overview";

const NOW = Date.parse("2026-03-02T12:30:00Z");

test("points fall into their hour, anomalies of all types add up, hours without readings stay empty", () => {
  const hours = hoursOf(
    {
      interval_s: 3600,
      series: [
        { sensor_type: "temperature", rows: [["2026-03-02T12:00:00Z", 5, 21.5, 20, 23, 2]] },
        { sensor_type: "humidity", rows: [[NOW - HOUR_MS, 5, 60, 55, 65, 1]] },
        { sensor_type: "pressure", rows: [["2026-03-02T12:00:00Z", 5, 1013, 1000, 1020, 3]] },
        { sensor_type: "temperature", rows: [["2026-03-01T12:00:00Z", 5, 99, 99, 99, 9]] },
      ],
    },
    NOW,
  );
  assert.equal(hours.start.length, 24);
  assert.equal(hours.start[0], Date.parse("2026-03-01T13:00:00Z"));
  assert.deepEqual([hours.temperature[23], hours.temperature[22]], [21.5, null]);
  assert.deepEqual([hours.humidity[23], hours.humidity[22]], [null, 60]);
  assert.deepEqual(hours.anomalies.slice(21), [0, 1, 5]);
  assert.equal(
    hours.anomalies.reduce((sum, count) => sum + count),
    6,
    "a point older than the 24 hours is left out",
  );
});

test("a trend needs something to compare with", () => {
  assert.equal(trend(150, 100), 0.5);
  assert.equal(trend(150, 0), null);
  assert.equal(trend(undefined, 100), null);
});

test("a battery is good above 75, fair from 50, low below", () => {
  assert.deepEqual([75.1, 75, 50, 49.9, null].map(batteryLevel), ["good", "fair", "fair", "low", "unknown"]);
});

test("locations sort by any column, unknown values last both ways", () => {
  const row = (location: string, readings: number, mean_battery: number | null): LocationRow => ({
    ...{ location, readings, mean_battery, sensors: 1, anomalies: 0, last_seen: null },
  });
  const rows = [row("B", 2, null), row("A", 2, 80), row("C", 9, 40)];
  const names = (sorted: LocationRow[]) => sorted.map(({ location }) => location).join("");
  assert.equal(names(sortLocations(rows, "readings", true)), "CAB");
  assert.equal(names(sortLocations(rows, "location", true)), "CBA");
  assert.equal(names(sortLocations(rows, "mean_battery", true)), "ACB");
  assert.equal(names(sortLocations(rows, "mean_battery", false)), "CAB");
});

test("an address that is not there yet is told apart from a failure", () => {
  assert.equal(historyProblem(200, null), null);
  assert.equal(historyProblem(404, "Not Found"), "History is not available yet");
  assert.equal(historyProblem(503, "catching up"), "History is not available yet");
  assert.equal(historyProblem(422, "bad"), "History unavailable: bad");
});
