import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { clearedSentenceOf, sentenceOf, type ToldAlert } from "../src/alert-sentence";
import type { RuleKind } from "../src/frames";
import { speak } from "../src/i18n/catalogue";

afterEach(() => speak("en"));

function told(more: Partial<ToldAlert>): ToldAlert {
  return {
    ...{ kind: "threshold", sensor_id: "S_1", sensor_type: "temperature", unit: "Celsius", value: 41.5, peak: 45.2, limit: 40 },
    ...{ last_seen: "2026-03-01T12:00:00Z", message: "what the server says" },
    ...more,
  };
}

const battery: Partial<ToldAlert> = { kind: "battery", unit: "%", value: 12, limit: 15 };
const rate: Partial<ToldAlert> = { kind: "rate_of_change", unit: "Celsius/s", value: 3, limit: 2 };

test("an alert is told of its value and limit", () => {
  assert.equal(sentenceOf(told({})), "Temperature of S_1 is 41.50 °C, above 40.00 °C");
  assert.equal(sentenceOf(told({ value: -3 })), "Temperature of S_1 is -3.00 °C, below 40.00 °C");
  assert.equal(sentenceOf(told(battery)), "Battery of S_1 at 12.00 %, below 15.00 %");
  assert.equal(sentenceOf(told(rate)), "Temperature of S_1 changes by 3.00 Celsius/s, faster than 2.00 Celsius/s");
  assert.equal(sentenceOf(told({ kind: "stuck", limit: null })), "Temperature of S_1 does not move from 41.50 °C");
  assert.match(sentenceOf(told({ kind: "missing", value: null, limit: null })), /^Temperature of S_1: no reading since .*2026/);
});

test("it speaks the page's language, with its numbers", () => {
  speak("fr");
  assert.equal(sentenceOf(told({})), "Température de S_1 à 41,50 °C, au-dessus de 40,00 °C");
  assert.equal(sentenceOf(told(battery)), "Batterie de S_1 à 12,00 %, en dessous de 15,00 %");
  assert.match(sentenceOf(told({ kind: "no_data" })), /^Température de S_1 : aucune mesure depuis le .*2026/);
  assert.equal(sentenceOf(told({ kind: "detector", limit: null })), "Température de S_1 inhabituelle : 41,50 °C");
  assert.equal(clearedSentenceOf(told({}), "recovered"), "Température de S_1 : retour à la normale, depuis 45,20 °C");
});

test("what the detector found is in the server's words where these are the page's language", () => {
  assert.equal(sentenceOf(told({ kind: "detector", limit: null })), "what the server says");
});

test("the server's text stands for a kind that the page does not know, and for what lacks a part", () => {
  speak("fr");
  for (const alert of [told({ kind: "forecast" as RuleKind }), told({ limit: undefined }), told({ limit: null }), told({ value: null }), told({ value: NaN })]) {
    assert.equal(sentenceOf(alert), "what the server says");
  }
  assert.equal(clearedSentenceOf(told({}), null), "what the server says");
  assert.equal(clearedSentenceOf(told({ peak: null }), "recovered"), "what the server says");
});

test("an alert that is over says why", () => {
  assert.equal(clearedSentenceOf(told({ kind: "missing" }), "recovered"), "Temperature of S_1 sends again");
  assert.equal(clearedSentenceOf(told({}), "recovered"), "Temperature of S_1 is back to normal, from 45.20 °C");
  assert.equal(clearedSentenceOf(told({}), "rule_deleted"), "Temperature of S_1: the rule was deleted or disabled");
  assert.equal(clearedSentenceOf(told({}), "not_applicable"), "Temperature of S_1: the rule applies no longer");
});
