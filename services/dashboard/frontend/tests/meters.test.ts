import assert from "node:assert/strict";
import { test } from "node:test";
import { Quantiles, RateMeter } from "../src/meters";

test("the rate is that of the last ten seconds", () => {
  const rate = new RateMeter();
  for (let second = 0; second < 60; second++) rate.add(second < 30 ? 100 : 20, second * 1000);
  assert.equal(rate.perSecond(59_500), 20);
});

test("the rate falls to zero when nothing comes", () => {
  const rate = new RateMeter();
  rate.add(50, 1000);
  assert.equal(rate.perSecond(30_000), 0);
});

test("before a whole window has gone by, the rate is over the time there is", () => {
  const rate = new RateMeter();
  for (const second of [0, 1, 2, 3]) rate.add(10, second * 1000);
  assert.equal(rate.perSecond(4000), 10);
});

test("quantiles are those of the newest samples", () => {
  const quantiles = new Quantiles(100);
  assert.equal(quantiles.at(0.5), null);
  for (let sample = 0; sample < 300; sample++) quantiles.add(sample);
  assert.equal(quantiles.at(0), 200);
  assert.equal(quantiles.at(0.5), 250);
  assert.equal(quantiles.at(1), 299);
});
