import assert from "node:assert/strict";
import { test } from "node:test";
import { csvOf, hashOf, linesOf, requestOf, type View, viewOf } from "../src/explore";

const VIEW: View = { subject: "location", name: "Tangier-Centre", range: "7d" };

test("the address holds the view", () => {
  assert.deepEqual(viewOf(hashOf(VIEW)), VIEW);
  assert.equal(viewOf(""), null);
  assert.equal(viewOf("#explore?range=7d"), null);
  assert.equal(viewOf("#explore?sensor_id=A&range=never")?.range, "24h");
});

test("a view asks for one series per sensor", () => {
  assert.equal(requestOf(VIEW), "/api/timeseries?location=Tangier-Centre&from=now-7d&group_by=sensor_id&points=300");
});

test("means are lines, intervals with anomalies are marked, too many lines are counted", () => {
  const one = {
    ...{ sensor_id: "A", sensor_type: "temperature", unit: "Celsius" },
    rows: [
      [1000, 2, 20, 19, 21, 0],
      [2000, 0, null, null, null, 0],
      [3000, 2, 30, 19, 41, 1],
    ] as [number, number, number | null, number | null, number | null, number][],
  };
  const { lines, anomalies, hidden } = linesOf(Array.from({ length: 12 }, () => one));
  assert.equal(hidden, 2);
  assert.deepEqual(lines[0]!.points.map(({ x, y }) => [x, y]), [[1000, 20], [3000, 30]]);
  assert.deepEqual([anomalies[0]!.x, anomalies[0]!.y], [3000, 30]);
  const [head, first] = csvOf([one]).split("\r\n");
  assert.equal(head, "sensor_id,sensor_type,unit,time,count,mean,min,max,anomalies");
  assert.equal(first, "A,temperature,Celsius,1970-01-01T00:00:01.000Z,2,20,19,21,0");
});

test("a name that is a formula or has commas stays a text", () => {
  const csv = csvOf([{ sensor_id: '=A,"B"', sensor_type: "t", unit: null, rows: [[0, 1, -1, -1, -1, 0]] }]);
  assert.ok(csv.includes(`"'=A,""B""",t,,1970-01-01T00:00:00.000Z,1,-1,-1,-1,0`), csv);
});
