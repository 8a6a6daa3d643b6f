import assert from "node:assert/strict";
import { test } from "node:test";
import { actionsFor, alertsPath, changeOf } from "../src/alerts-history";

test("only what is chosen filters", () => {
  assert.equal(alertsPath({ status: "", severity: "high", sensor_id: "" }, null), "/api/alerts?limit=50&severity=high");
  assert.equal(alertsPath({ status: "", severity: "", sensor_id: "A" }, "x="), "/api/alerts?limit=50&sensor_id=A&page_token=x%3D");
});

test("a snooze lasts for an hour, other changes have no end", () => {
  assert.deepEqual(changeOf("A:1", "snooze", "Amina", ""), {
    path: "/api/alerts/A%3A1/snooze",
    body: { by: "Amina", note: null, for_s: 3600 },
  });
  assert.deepEqual(changeOf("A:1", "resolve", "Amina", "mended").body, { by: "Amina", note: "mended" });
});

test("nothing is offered that query-api would refuse", () => {
  assert.deepEqual(actionsFor("resolved"), []);
  assert.deepEqual(actionsFor("cleared"), ["resolve"]);
  for (const status of ["open", "acknowledged", "snoozed"] as const) assert.equal(actionsFor(status).length, 3);
});
