// How readings flow through all stages: what the service answers, and what of it the page says. Pure.

import { formatAgo, formatCount, formatNumber, formatRate, formatSpan, NOTHING } from "./format";
import { t } from "./i18n/catalogue";

export type StageName = "simulator" | "ingest-api" | "kafka" | "stream-processor" | "tables" | "query-api" | "dashboard";
export type Health = "ready" | "not_ready" | "no_answer" | "absent";

export interface Stage {
  name: StageName;
  health: Health;
  reason: string | null;
  rate_per_s: number | null;
  lag_messages: number | null;
  lag_s: number | null;
}

export interface Pipeline {
  observed_at: string;
  stages: Stage[];
  fleet: { running: boolean; sensors: number; rate_per_s: number } | null;
  table: { committed_at: string | null; age_s: number | null; files: number; snapshots: number; rows: number; tail: number } | null;
  detection: {
    anomalies: number | null;
    anomalies_24h: number | null;
    open_high: number | null;
    open_medium: number | null;
    open_low: number | null;
    derived_at: string | null;
    reason: string | null;
  };
}

const MINUTE_S = 60;
const TEN_S = 10;
const HUNDRED = 100;

/** Seconds with one decimal as long as that says something. */
export function formatSeconds(seconds: number): string {
  if (seconds >= MINUTE_S) return formatSpan(seconds * 1000);
  return `${formatNumber(seconds, { maximumFractionDigits: seconds < TEN_S ? 1 : 0 })} s`;
}

/** A stage's rate; one of a stage that works and is not known yet is being measured. */
export function rateText({ health, rate_per_s }: Stage): string {
  if (rate_per_s !== null) {
    // With the same decimals on both sides of ten, where a default fleet's rate goes to and fro.
    const digits = rate_per_s < HUNDRED ? 1 : 0;
    return t("pipeline.rate.figure", formatNumber(rate_per_s, { minimumFractionDigits: digits, maximumFractionDigits: digits }));
  }
  return health === "ready" ? t("pipeline.measuring") : NOTHING;
}

/** Nothing can wait in these: ingest-api answers when Kafka has it, and Kafka is where the others wait. */
export function canLag(name: StageName): boolean {
  return name !== "ingest-api" && name !== "kafka";
}

/** What waits for a stage, in readings and in the time in which they came. */
export function lagText({ lag_messages, lag_s }: Stage): string {
  if (lag_messages === null) return NOTHING;
  if (lag_messages === 0) return t("pipeline.lag.none");
  const count = formatCount(lag_messages);
  return lag_s === null ? count : t("pipeline.lag.figure", count, formatSeconds(lag_s));
}

/** What a stage is, in a few words; of the simulator, what it is set to. */
export function aboutStage(name: StageName, { fleet }: Pipeline): string {
  if (name !== "simulator" || fleet === null) return t(`about.${name}`);
  if (!fleet.running) return t("demo.stopped");
  return t("pipeline.fleet", formatCount(fleet.sensors), formatRate(fleet.rate_per_s));
}

/** How the whole is, in one sentence that changes only when that does. */
export function overallText({ stages }: Pipeline): string {
  const wrong = stages.filter(({ health }) => health === "not_ready" || health === "no_answer");
  return wrong.length === 0 ? t("pipeline.all-ready") : t("pipeline.wrong", wrong.map(({ name }) => nameOfStage(name)).join(", "));
}

/** What people call a stage: our services by their names, which are the same in every language. */
export function nameOfStage(name: StageName): string {
  return name === "tables" || name === "kafka" ? t(`stage.${name}`) : name;
}

/** Key figures below the stages, by the name of their place. */
export function figuresOf({ table, detection }: Pipeline, serverNowMs: number): Record<string, string> {
  const { open_high, open_medium, open_low, derived_at } = detection;
  const open = open_high === null || open_medium === null || open_low === null ? null : open_high + open_medium + open_low;
  return {
    commit: table?.age_s == null ? NOTHING : t("ago", formatSeconds(table.age_s)),
    files: formatCount(table?.files),
    snapshots: formatCount(table?.snapshots),
    rows: formatCount(table?.rows),
    tail: formatCount(table?.tail),
    anomalies: formatCount(detection.anomalies),
    "anomalies-24h": formatCount(detection.anomalies_24h),
    alerts: formatCount(open),
    derived: derived_at === null ? NOTHING : formatAgo(serverNowMs - Date.parse(derived_at)),
  };
}
