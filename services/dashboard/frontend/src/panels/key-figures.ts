// The cards on top: totals from query-api, the others from live readings.

import { setAttribute, setText } from "../dom";
import { formatAgo, formatCount, formatRate, formatSpan, NOTHING } from "../format";
import { type Answered, type Summary, UNANSWERED } from "../history";
import type { Store } from "../store";

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
    this.show("rate", { text: formatRate(store.readingsPerSecond(nowMs)), note: "over the last 10 s" });
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
      return { text: formatCount(value.readings), note: `history unavailable, as of ${formatAgo(nowMs - receivedAt)}` };
    }
    const tail = value.tail.complete ? `${formatCount(value.tail.readings)} not yet in the table` : "the table alone";
    return { text: formatCount(value.readings + store.received - this.receivedAtSummary), note: tail };
  }

  private online(store: Store, nowMs: number): Figure {
    const online = store.online(nowMs);
    const known = Math.max(this.summary.value?.sensors ?? 0, store.sensors.size);
    const note = known > 0 ? `of ${formatCount(known)}, seen within 30 s` : "seen within 30 s";
    return { text: formatCount(online), note };
  }

  private anomalies(store: Store, nowMs: number): Figure {
    const count = store.anomaliesWithin(MINUTE_MS, nowMs);
    const { value, problem } = this.summary;
    const note = value === null ? historyNote(problem) : `${formatCount(value.anomalies)} in all stored readings`;
    return { text: formatCount(count), note, level: count > 0 ? "critical" : "normal" };
  }

  private batteries(store: Store): Figure {
    const low = store.lowBatteries();
    const worst = low[0];
    if (worst === undefined) return { text: "0", note: "below 30 %" };
    const level = Math.round(worst.latest.battery_level ?? 0);
    return { text: formatCount(low.length), note: `${worst.id} at ${level} %`, level: "warning" };
  }

  private latency(store: Store): Figure {
    const { median, p95 } = store.eventToScreen();
    if (median === null || p95 === null) return { text: NOTHING, note: "waiting for a reading" };
    return { text: formatSpan(median), note: `median; 95 % within ${formatSpan(p95)}` };
  }

  private show(name: string, { text, note, level = "normal" }: Figure): void {
    const card = document.querySelector(`[data-kpi="${name}"]`)!;
    setText(card.querySelector(".figure")!, text);
    setText(card.querySelector(".note")!, note);
    setAttribute(card, "data-level", level);
  }
}

function historyNote(problem: string | null): string {
  return problem === null ? "waiting for query-api" : "history unavailable";
}

