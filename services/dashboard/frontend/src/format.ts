// Numbers and times as people read them. Pure.

export const NOTHING = "–";

/** A measured value with as many decimals as its size makes sense of. */
export function formatValue(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NOTHING;
  const size = Math.abs(value);
  if (size !== 0 && size < 0.001) return value.toExponential(2);
  const decimals = size >= 10_000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 3;
  return value.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

/** A whole number with separators between thousands. */
export function formatCount(count: number | null | undefined): string {
  if (count === null || count === undefined || !Number.isFinite(count)) return NOTHING;
  return Math.round(count).toLocaleString("en");
}

/** Readings per second: one decimal below ten. */
export function formatRate(perSecond: number): string {
  return perSecond < 10 ? perSecond.toFixed(1) : formatCount(perSecond);
}

const SPANS: readonly (readonly [unit: string, milliseconds: number])[] = [
  ["y", 365.25 * 86_400_000],
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1000],
];

/** A span of time in its largest unit: `12 ms`, `3 s`, `5 min`, `2 d`. */
export function formatSpan(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return NOTHING;
  for (const [unit, size] of SPANS) {
    if (milliseconds >= size) return `${Math.floor(milliseconds / size)} ${unit}`;
  }
  return `${Math.max(0, Math.round(milliseconds))} ms`;
}

/** How long ago something was; what is less than a second ago, or ahead of this clock, is `now`. */
export function formatAgo(milliseconds: number): string {
  return milliseconds < 1000 ? "now" : `${formatSpan(milliseconds)} ago`;
}

/** Time of day in the reader's time zone, with seconds. */
export function formatClock(epochMs: number): string {
  const time = new Date(epochMs);
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}

/** Date and time in the reader's time zone. */
export function formatDateTime(epochMs: number): string {
  const time = new Date(epochMs);
  const date = [time.getFullYear(), time.getMonth() + 1, time.getDate()];
  return `${date.map((part) => String(part).padStart(2, "0")).join("-")} ${formatClock(epochMs)}`;
}

const UNIT_SYMBOLS: Readonly<Record<string, string>> = { Celsius: "°C", Fahrenheit: "°F" };

/** The short form of a unit where there is one. */
export function formatUnit(unit: string): string {
  return UNIT_SYMBOLS[unit] ?? unit;
}

/** A name from a program for a person: `machine_temperature` is `Machine temperature`. */
export function formatName(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
