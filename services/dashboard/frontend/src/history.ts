// What the page asks of the service again and again: key figures and statistics of everything stored, from query-api.

/** What an answer is made of: a snapshot of the table, and the readings after it. */
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

/** What is known of an answer: the newest good one, and since when there has been none. */
export interface Answered<T> {
  value: T | null;
  receivedAt: number;
  problem: string | null;
  /** HTTP status of the newest answer, null when there was none. */
  status: number | null;
}

/** Before the first answer. */
export const UNANSWERED: Answered<never> = { value: null, receivedAt: 0, problem: null, status: null };

/** What a problem document says, for a person. */
export function problemText(status: number, body: unknown): string {
  const { detail, title } = body as { detail?: string; title?: string };
  return detail ?? title ?? `status ${status}`;
}

/** Asks `path` now and every `intervalMs` after the last answer, while started. */
export class Poll<T> {
  private timer: ReturnType<typeof setTimeout> | null = null;
  private running = false;
  private asking = false;
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
    // A question that was under way when it was stopped goes on by itself; a second one would double the pace for good.
    if (!this.asking) void this.ask();
  }

  stop(): void {
    this.running = false;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  /** Take what was learned otherwise; the answer to a question that is under way is older and does not count. */
  take(value: T): void {
    this.outdated = this.asking;
    this.answered = { value, receivedAt: Date.now(), problem: null, status: 200 };
    this.onAnswer(this.answered);
  }

  private async ask(): Promise<void> {
    this.asking = true;
    const answered = await this.answer();
    this.asking = false;
    if (!this.outdated) {
      this.answered = answered;
      this.onAnswer(answered);
    }
    this.outdated = false;
    if (this.running) this.timer = setTimeout(() => void this.ask(), this.intervalMs);
  }

  private async answer(): Promise<Answered<T>> {
    let status: number | null = null;
    try {
      const response = await fetch(this.path, { headers: { accept: "application/json" } });
      status = response.status;
      const body: unknown = await response.json();
      if (response.ok) return { value: body as T, receivedAt: Date.now(), problem: null, status };
      return { ...this.answered, problem: problemText(status, body), status };
    } catch (error) {
      return { ...this.answered, problem: error instanceof Error ? error.message : String(error), status };
    }
  }
}
