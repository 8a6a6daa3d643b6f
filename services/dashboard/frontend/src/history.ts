// Polls the service for key figures and statistics of all stored readings, which query-api answers.

import { t } from "./i18n/catalogue";
import { send } from "./session";

/** The sources of an answer: a snapshot of the table, and the readings after it. */
export interface Provenance {
  snapshot: { committed_at: string } | null;
  tail: { readings: number; complete: boolean };
}

export interface Summary extends Provenance {
  readings: number;
  sensors: number;
  anomalies: number;
}

export interface StatsRow {
  sensor_type: string;
  count: number;
  mean: number | null;
  min: number | null;
  max: number | null;
  stddev: number | null;
  anomalies: number;
}

export interface Stats extends Provenance {
  rows: StatsRow[];
}

/** The newest successful answer, and the problem of the last request, if it failed. */
export interface Answered<T> {
  value: T | null;
  receivedAt: number;
  problem: string | null;
  /** HTTP status of the newest answer, null when there was none. */
  status: number | null;
}

/** Before the first answer. */
export const UNANSWERED: Answered<never> = { value: null, receivedAt: 0, problem: null, status: null };

/** The text of a problem document. */
export function problemText(status: number, body: unknown): string {
  const { detail, title } = body as { detail?: string; title?: string };
  return detail ?? title ?? t("history.status", String(status));
}

/** Requests `path` at once and `intervalMs` after each answer, while started. */
export class Poll<T> {
  private timer: ReturnType<typeof setTimeout> | null = null;
  private running = false;
  private isRequesting = false;
  private outdated = false;
  private answered: Answered<T> = UNANSWERED;

  constructor(
    private readonly path: string,
    private readonly intervalMs: number,
    private readonly onAnswer: (answered: Answered<T>) => void,
  ) {}

  start(): void {
    if (this.running) return;
    this.running = true;
    // A request that was running at `stop` schedules the next one itself; a second chain would poll twice as often.
    if (!this.isRequesting) void this.request();
  }

  stop(): void {
    this.running = false;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  /** Set a value from elsewhere; the answer to a running request is older and is dropped. */
  update(value: T): void {
    this.outdated = this.isRequesting;
    this.answered = { value, receivedAt: Date.now(), problem: null, status: 200 };
    this.onAnswer(this.answered);
  }

  private async request(): Promise<void> {
    this.isRequesting = true;
    const answered = await this.fetchAnswer();
    this.isRequesting = false;
    if (!this.outdated) {
      this.answered = answered;
      this.onAnswer(answered);
    }
    this.outdated = false;
    if (this.running) this.timer = setTimeout(() => void this.request(), this.intervalMs);
  }

  private async fetchAnswer(): Promise<Answered<T>> {
    let status: number | null = null;
    try {
      const response = await send(this.path, { headers: { accept: "application/json" } });
      status = response.status;
      const body: unknown = await response.json();
      if (response.ok) return { value: body as T, receivedAt: Date.now(), problem: null, status };
      return { ...this.answered, problem: problemText(status, body), status };
    } catch (error) {
      return { ...this.answered, problem: error instanceof Error ? error.message : String(error), status };
    }
  }
}
