// The cards on top: totals from query-api, the others from live readings.

import { setAttribute, setText } from "../dom";
import { formatAgo, formatCount, formatPercent, formatRate, formatSpan, NOTHING } from "../format";
import { type Answered, type Summary, UNANSWERED } from "../history";
import { t } from "../i18n/catalogue";
import { LOW_BATTERY_PERCENT, type Store } from "../store";

const MINUTE_MS = 60_000;

type Level = "normal" | "warning" | "critical";

interface Figure {
  text: string;
  note: string;
  level?: Level;
}

export class KeyFiguresPanel {
  private summary: Answered<Summary> = UNANSWERED;
  private receivedAtSummary = 0;

  /** Set the answer of `/api/summary`. */
  setSummary(summary: Answered<Summary>, store: Store): void {
    if (summary.problem === null) this.receivedAtSummary = store.received;
    this.summary = summary;
  }

  render(store: Store, nowMs: number): void {
    this.show("readings", this.readings(store, nowMs));
    this.show("rate", { text: formatRate(store.readingsPerSecond(nowMs)), note: t("now.rate.note") });
    this.show("online", this.online(store, nowMs));
    this.show("anomalies", this.anomalies(store, nowMs));
    this.show("batteries", this.batteries(store));
    this.show("latency", this.latency(store));
  }

  /** The total of the last answer plus the readings received since. */
  private readings(store: Store, nowMs: number): Figure {
    const { value, problem, receivedAt } = this.summary;
    if (value === null) return { text: NOTHING, note: historyNote(problem) };
    if (problem !== null) {
      return { text: formatCount(value.readings), note: t("now.readings.old", formatAgo(nowMs - receivedAt)) };
    }
    const tail = value.tail.complete ? t("now.readings.tail", formatCount(value.tail.readings)) : t("now.readings.table");
    return { text: formatCount(value.readings + store.received - this.receivedAtSummary), note: tail };
  }

  private online(store: Store, nowMs: number): Figure {
    const online = store.online(nowMs);
    const known = Math.max(this.summary.value?.sensors ?? 0, store.sensors.size);
    const note = known > 0 ? t("now.online.of", formatCount(known)) : t("now.online.note");
    return { text: formatCount(online), note };
  }

  private anomalies(store: Store, nowMs: number): Figure {
    const count = store.anomaliesWithin(MINUTE_MS, nowMs);
    const { value, problem } = this.summary;
    const note = value === null ? historyNote(problem) : t("now.anomalies.note", formatCount(value.anomalies));
    return { text: formatCount(count), note, level: count > 0 ? "critical" : "normal" };
  }

  private batteries(store: Store): Figure {
    const low = store.lowBatteries();
    const worst = low[0];
    if (worst === undefined) return { text: formatCount(0), note: t("now.batteries.none", formatPercent(LOW_BATTERY_PERCENT)) };
    const level = formatPercent(worst.latest.battery_level ?? 0);
    return { text: formatCount(low.length), note: t("now.batteries.worst", worst.id, level), level: "warning" };
  }

  private latency(store: Store): Figure {
    const { median, p95 } = store.eventToScreen();
    if (median === null || p95 === null) return { text: NOTHING, note: t("now.latency.none") };
    return { text: formatSpan(median), note: t("now.latency.note", formatSpan(p95)) };
  }

  private show(name: string, { text, note, level = "normal" }: Figure): void {
    const card = document.querySelector(`[data-kpi="${name}"]`)!;
    setText(card.querySelector(".figure")!, text);
    setText(card.querySelector(".note")!, note);
    setAttribute(card, "data-level", level);
  }
}

function historyNote(problem: string | null): string {
  return problem === null ? t("now.history.waiting") : t("now.history.unavailable");
}

