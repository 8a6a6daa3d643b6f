// What an alert says, in the page's language, made of its fields. Pure.

import { formatDateTime, formatUnit, formatValue } from "./format";
import type { ClearReason, RuleKind } from "./frames";
import { currentLanguage, nameOf, t } from "./i18n/catalogue";

/** The parts of an alert that its sentence is made of; `message` is the server's own, in English. */
export interface ToldAlert {
  kind: RuleKind;
  sensor_id: string;
  sensor_type: string;
  unit: string;
  value: number | null;
  /** The worst value so far. */
  peak: number | null;
  limit?: number | null | undefined;
  last_seen: string;
  message: string;
}

/** What is the matter; the server's text where the page does not know the kind, or lacks a part. */
export function sentenceOf(alert: ToldAlert): string {
  const { kind, value, limit, message } = alert;
  const who = whoOf(alert);
  switch (kind) {
    case "no_data":
    case "missing":
      return t("sentence.absent", who, formatDateTime(Date.parse(alert.last_seen)));
    case "stuck":
      return isKnown(value) ? t("sentence.stuck", who, measured(value, alert)) : message;
    case "detector":
      // Its reason is a finding that only the server can put into words; it does so in English.
      return isKnown(value) && currentLanguage() !== "en" ? t("sentence.unusual", who, measured(value, alert)) : message;
    case "threshold":
    case "battery":
    case "rate_of_change":
      return isKnown(value) && isKnown(limit) ? crossed(kind, alert, value, limit) : message;
    default:
      return message;
  }
}

/** Why an alert is over. */
export function clearedSentenceOf(alert: ToldAlert, reason: ClearReason | null | undefined): string {
  const who = whoOf(alert);
  switch (reason) {
    case "recovered":
      if (alert.kind === "no_data" || alert.kind === "missing") return t("sentence.sends", who);
      return isKnown(alert.peak) ? t("sentence.recovered", who, measured(alert.peak, alert)) : alert.message;
    case "rule_deleted":
      return t("sentence.rule-deleted", who);
    case "not_applicable":
      return t("sentence.not-applicable", who);
    default:
      return alert.message;
  }
}

function crossed(kind: "threshold" | "battery" | "rate_of_change", alert: ToldAlert, value: number, limit: number): string {
  const [is, than] = [measured(value, alert), measured(limit, alert)];
  if (kind === "battery") return t("sentence.battery", alert.sensor_id, is, than);
  if (kind === "rate_of_change") return t("sentence.rate", whoOf(alert), is, than);
  return t(value > limit ? "sentence.above" : "sentence.below", whoOf(alert), is, than);
}

function whoOf({ sensor_type, sensor_id }: ToldAlert): string {
  return t("sentence.who", nameOf("type", sensor_type), sensor_id);
}

function measured(value: number, { unit }: ToldAlert): string {
  return `${formatValue(value)} ${formatUnit(unit)}`;
}

/** A kept alert without a value has null, one that came live NaN. */
function isKnown(value: number | null | undefined): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
