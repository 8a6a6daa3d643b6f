// Key figures and statistics of everything stored, asked of the service, which asks query-api.

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
}

/** Asks `path` now and every `intervalMs` after the last answer, while started. */
export class Poll<T> {
  private timer: ReturnType<typeof setTimeout> | null = null;
  private running = false;
  private answered: Answered<T> = { value: null, receivedAt: 0, problem: null };

  constructor(
    private readonly path: string,
    private readonly intervalMs: number,
    private readonly onAnswer: (answered: Answered<T>) => void,
  ) {}

  start(): void {
    if (this.running) return;
    this.running = true;
    void this.ask();
  }

  stop(): void {
    this.running = false;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private async ask(): Promise<void> {
    this.answered = await this.answer();
    this.onAnswer(this.answered);
    if (this.running) this.timer = setTimeout(() => void this.ask(), this.intervalMs);
  }

  private async answer(): Promise<Answered<T>> {
    try {
      const response = await fetch(this.path, { headers: { accept: "application/json" } });
      const body: unknown = await response.json();
      if (response.ok) return { value: body as T, receivedAt: Date.now(), problem: null };
      const { detail, title } = body as { detail?: string; title?: string };
      return { ...this.answered, problem: detail ?? title ?? `status ${response.status}` };
    } catch (error) {
      return { ...this.answered, problem: error instanceof Error ? error.message : String(error) };
    }
  }
}
