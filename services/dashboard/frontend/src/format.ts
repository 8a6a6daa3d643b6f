// Numbers and times as people read them, by the region of the page. Pure.

import { currentLocale, t } from "./i18n/catalogue";

export const NOTHING = "–";

/** A number as the page's region writes it. */
export function formatNumber(value: number, options: Intl.NumberFormatOptions = {}): string {
  // Making a format costs more than using it a hundred times.
  const key = `${currentLocale()} ${JSON.stringify(options)}`;
  const format = numberFormats.get(key) ?? new Intl.NumberFormat(currentLocale(), options);
  numberFormats.set(key, format);
  return format.format(value);
}

const numberFormats = new Map<string, Intl.NumberFormat>();

/** A percentage, with the space that both languages put before the sign. */
export function formatPercent(percent: number, digits = 0): string {
  return `${formatNumber(percent, { minimumFractionDigits: digits, maximumFractionDigits: digits })}\u00a0%`;
}

/** A measured value with as many decimals as its size makes sense of. */
export function formatValue(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NOTHING;
  const size = Math.abs(value);
  if (size !== 0 && size < 0.001) return value.toExponential(2);
  const decimals = size >= 10_000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 3;
  return formatNumber(value, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

/** A whole number with separators between thousands. */
export function formatCount(count: number | null | undefined): string {
  if (count === null || count === undefined || !Number.isFinite(count)) return NOTHING;
  return formatNumber(Math.round(count));
}

/** Readings per second: one decimal below ten. */
export function formatRate(perSecond: number): string {
  return perSecond < 10 ? formatNumber(perSecond, { minimumFractionDigits: 1, maximumFractionDigits: 1 }) : formatCount(perSecond);
}

const SPANS: readonly (readonly [unit: "span.y" | "span.d" | "span.h" | "min" | "s", milliseconds: number])[] = [
  ["span.y", 365.25 * 86_400_000],
  ["span.d", 86_400_000],
  ["span.h", 3_600_000],
  ["min", 60_000],
  ["s", 1000],
];

/** A span of time in its largest unit: `12 ms`, `3 s`, `5 min`, `2 d`. */
export function formatSpan(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return NOTHING;
  for (const [unit, size] of SPANS) {
    if (milliseconds >= size) return `${Math.floor(milliseconds / size)} ${unit === "min" || unit === "s" ? unit : t(unit)}`;
  }
  return `${Math.max(0, Math.round(milliseconds))} ms`;
}

/** How long ago something was; what is less than a second ago, or ahead of this clock, is now. */
export function formatAgo(milliseconds: number): string {
  return milliseconds < 1000 ? t("ago.now") : t("ago", formatSpan(milliseconds));
}

/** Time of day in the reader's time zone, with seconds. */
export function formatClock(epochMs: number): string {
  const time = new Date(epochMs);
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}

const dateFormats = new Map<string, Intl.DateTimeFormat>();

/** The date in the reader's time zone, with the month as a word: its order differs by region. */
export function formatDate(epochMs: number): string {
  const locale = currentLocale();
  const format = dateFormats.get(locale) ?? new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" });
  dateFormats.set(locale, format);
  return format.format(epochMs);
}

/** Date and time in the reader's time zone. */
export function formatDateTime(epochMs: number): string {
  return `${formatDate(epochMs)} ${formatClock(epochMs)}`;
}

const UNIT_SYMBOLS: Readonly<Record<string, string>> = { Celsius: "°C", Fahrenheit: "°F" };

/** The short form of a unit where there is one. */
export function formatUnit(unit: string): string {
  return UNIT_SYMBOLS[unit] ?? unit;
}
