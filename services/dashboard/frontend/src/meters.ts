// Rates and latencies over the last moments. Pure: the caller says what time it is.

/** Events per second over the last `windowMs`, counted in buckets of a second. */
export class RateMeter {
  private readonly buckets = new Map<number, number>();
  private startedMs: number | null = null;

  constructor(private readonly windowMs = 10_000) {}

  add(count: number, nowMs: number): void {
    this.startedMs ??= nowMs;
    const second = Math.floor(nowMs / 1000);
    this.buckets.set(second, (this.buckets.get(second) ?? 0) + count);
    this.forgetBefore(nowMs);
  }

  /** Events per second; until a whole window has gone by, over the time there is. */
  perSecond(nowMs: number): number {
    if (this.startedMs === null) return 0;
    this.forgetBefore(nowMs);
    let count = 0;
    for (const inSecond of this.buckets.values()) count += inSecond;
    const measuredMs = Math.min(this.windowMs, Math.max(1000, nowMs - this.startedMs));
    return (count * 1000) / measuredMs;
  }

  private forgetBefore(nowMs: number): void {
    const oldest = Math.floor((nowMs - this.windowMs) / 1000);
    for (const second of this.buckets.keys()) {
      if (second <= oldest) this.buckets.delete(second);
    }
  }
}

/** The newest `capacity` samples and their quantiles. */
export class Quantiles {
  private readonly samples: number[] = [];
  private next = 0;

  constructor(private readonly capacity = 200) {}

  add(sample: number): void {
    this.samples[this.next] = sample;
    this.next = (this.next + 1) % this.capacity;
  }

  /** The sample below which the share `share` (0 to 1) of them lies; null without samples. */
  at(share: number): number | null {
    if (this.samples.length === 0) return null;
    const sorted = [...this.samples].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  }
}
