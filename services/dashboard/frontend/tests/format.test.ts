import assert from "node:assert/strict";
import { test } from "node:test";
import { speak } from "../src/i18n/catalogue";
import { formatAgo, formatCount, formatDate, formatPercent, formatRate, formatSpan, formatUnit, formatValue } from "../src/format";

test("a value has the decimals that its size makes sense of", () => {
  const texts = [0, 0.0000071, 0.5, 21.456, 101.25, 1013.25, 1234567.8, -3.14159].map(formatValue);
  assert.deepEqual(texts, ["0.000", "7.10e-6", "0.500", "21.46", "101.3", "1,013.3", "1,234,568", "-3.14"]);
});

test("what is not known is a dash, never zero", () => {
  assert.equal(formatValue(null), "–");
  assert.equal(formatValue(Number.NaN), "–");
  assert.equal(formatCount(undefined), "–");
});

test("counts have separators, small rates a decimal", () => {
  assert.equal(formatCount(864000), "864,000");
  assert.equal(formatRate(9.96), "10.0");
  assert.equal(formatRate(200.4), "200");
});

test("a span is told in its largest unit", () => {
  const spans = [-5, 12.4, 999, 1000, 59_999, 61_000, 7_200_000, 200_000_000, 4e11].map(formatSpan);
  assert.deepEqual(spans, ["0 ms", "12 ms", "999 ms", "1 s", "59 s", "1 min", "2 h", "2 d", "12 y"]);
});

test("what is ahead of this clock or less than a second ago is now", () => {
  assert.equal(formatAgo(-400), "now");
  assert.equal(formatAgo(999), "now");
  assert.equal(formatAgo(90_000), "1 min ago");
});

test("units are made readable, unknown units stay", () => {
  assert.equal(formatUnit("Celsius"), "°C");
  assert.equal(formatUnit("hPa"), "hPa");
});

test("in French numbers, dates and spans are French", () => {
  speak("fr");
  try {
    assert.equal(formatValue(1234.5), "1\u202f234,5");
    assert.equal(formatPercent(12.345, 1), "12,3\u00a0%");
    assert.equal(formatSpan(200_000_000), "2 j");
    assert.equal(formatAgo(90_000), "il y a 1 min");
    assert.equal(formatDate(Date.UTC(2026, 2, 5, 12)), "5 mars 2026");
  } finally {
    speak("en");
  }
});
