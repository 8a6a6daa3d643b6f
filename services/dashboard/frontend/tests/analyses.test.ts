import assert from "node:assert/strict";
import { test } from "node:test";
import { analysisOf, barsOf, bytesText, cellText, choicesOf, type Column, durationText, hashOfAnalysis, headingOf, rangeText, type Result, type ResultRow } from "../src/analyses";
import { pageOf } from "../src/pages";

const RUN = { from: "2026-03-01T00:00:00Z", to: "2026-03-08T00:00:00Z", finished_at: "2026-03-08T02:00:00Z", duration_s: 3, input_rows: 100, rows: 3 };

function result(name: string, rows: ResultRow[]): Result {
  return { name, columns: [], runs: [RUN], rows, truncated: false };
}

function column(name: string, type: string, unit = ""): Column {
  return { name, type, unit };
}

test("the address names an analysis or the list of them", () => {
  assert.equal(hashOfAnalysis("battery"), "#analyses?name=battery");
  assert.equal(analysisOf("#analyses?name=battery"), "battery");
  assert.equal(analysisOf("#analyses"), null);
  for (const hash of ["#analyses", "#analyses?name=battery"]) assert.equal(pageOf(hash), "analyses");
});

test("a range of whole days is told without times", () => {
  assert.doesNotMatch(rangeText(RUN), /:/);
  assert.match(rangeText({ ...RUN, to: "2026-03-08T06:30:00Z" }), /:30:00/);
});

test("a heading has the unit that its figures do not carry", () => {
  assert.equal(headingOf(column("percent_per_day", "double", "%/d")), "Discharge, %/d");
  assert.equal(headingOf(column("anomaly_rate", "double", "share")), "Anomalous");
  assert.equal(headingOf(column("mean", "double", "unit")), "Mean");
});

test("a cell is written as its type and unit ask for", () => {
  const text = (of: Column, cell: string | number | boolean | null, row: ResultRow = {}) => cellText(of, cell, row);
  assert.equal(text(column("anomaly_rate", "double", "share"), 0.0314), "3.1\u00a0%");
  assert.equal(text(column("bytes", "long", "B"), 3_500_000), "3.3 MiB");
  assert.equal(text(column("duration_s", "double", "s"), 7200), "2 h");
  assert.equal(text(column("readings", "long"), 12345), "12,345");
  assert.equal(text(column("is_flat", "boolean"), false), "no");
  assert.equal(text(column("empty_at", "timestamptz"), null), "–");
  assert.equal(text(column("sensor_type", "string"), "soil_moisture"), "Soil moisture");
  assert.equal(text(column("key", "string"), "temperature", { dimension: "type" }), "Temperature");
  assert.equal(text(column("key", "string"), "Tangier-Port", { dimension: "location" }), "Tangier-Port");
  assert.equal(text(column("unit", "string"), "Celsius"), "°C");
  assert.deepEqual([bytesText(0), bytesText(900), bytesText(5e15)], ["0 B", "900 B", "4,547.5 TiB"]);
  assert.equal(durationText(3.44), "3.4 s");
});

test("a profile is drawn for one type, by hour of the day", () => {
  const hour = (position: number, sensor_type: string, dimension = "hour"): ResultRow => ({ dimension, position, sensor_type, unit: "Celsius", mean: position, min: 0, max: 30 });
  const profiles = result("profiles", [hour(9, "temperature"), hour(1, "temperature"), hour(1, "humidity"), hour(2, "temperature", "weekday")]);
  assert.deepEqual(choicesOf(profiles), ["temperature", "humidity"]);
  const bars = barsOf(profiles, "temperature")!;
  assert.deepEqual(bars.labels, ["01:00", "09:00"]);
  assert.deepEqual(bars.series.map(({ label, values }) => [label, values]), [["Mean", [1, 9]], ["Min", [0, 0]], ["Max", [30, 30]]]);
  assert.match(bars.note, /Temperature.*°C/);
});

test("a battery is drawn from the earliest to the latest day on which it is empty", () => {
  const battery = (sensor_id: string, empty: [string, string, string] | null): ResultRow => ({ sensor_id, empty_earliest: empty?.[0] ?? null, empty_at: empty?.[1] ?? null, empty_latest: empty?.[2] ?? null });
  const bars = barsOf(
    result("battery", [
      battery("B", ["2026-03-18T00:00:00Z", "2026-03-20T00:00:00Z", "2026-03-28T00:00:00Z"]),
      battery("A", ["2026-03-09T00:00:00Z", "2026-03-10T00:00:00Z", "2026-03-11T00:00:00Z"]),
      battery("C", null),
    ]),
    "",
  )!;
  assert.deepEqual(bars.labels, ["A", "B"]);
  assert.deepEqual(bars.series[0]!.values, [[1, 3], [10, 20]]);
  assert.equal(barsOf(result("battery", [battery("C", null)]), ""), null, "nothing to draw");
});

test("correlations are drawn by strength, the strongest delay of a pair alone", () => {
  const pair = (location: string, correlation: number, is_strongest = true): ResultRow => ({ location, type_a: "temperature", type_b: "humidity", lag_minutes: 10, correlation, is_strongest });
  const bars = barsOf(result("correlations", [pair("Port", 0.4), pair("Port", 0.1, false), pair("Centre", -0.9)]), "")!;
  assert.deepEqual(bars.labels, ["Centre: Temperature, Humidity (10 min)", "Port: Temperature, Humidity (10 min)"]);
  assert.deepEqual(bars.series[0]!.values, [-0.9, 0.4]);
  assert.equal(barsOf(result("quality", [{ sensor_id: "A" }]), ""), null);
});
