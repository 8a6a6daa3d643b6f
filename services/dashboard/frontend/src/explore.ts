// What the explorer shows: the view in the address, the lines and marks of an answer, and its CSV. Pure.

import type { Line, Mark } from "./charts/live-chart";
import { formatCount } from "./format";
import { t } from "./i18n/catalogue";
import { type Timeseries, toEpochMs } from "./overview";

const PREFIX = "#explore?";
export const SUBJECTS = ["sensor_id", "sensor_type", "location"] as const;
export type Subject = (typeof SUBJECTS)[number];
export const RANGES = ["1h", "6h", "24h", "7d", "30d", "365d"] as const;
export type Range = (typeof RANGES)[number];
/** More lines than this cannot be told apart. */
export const MAX_LINES = 10;

export interface View {
  subject: Subject;
  name: string;
  range: Range;
}

/** The part of the address that holds `view`. */
export function hashOf({ subject, name, range }: View): string {
  return PREFIX + new URLSearchParams({ [subject]: name, range }).toString();
}

/** The view that an address holds; null when it holds none. */
export function viewOf(hash: string): View | null {
  if (!hash.startsWith(PREFIX)) return null;
  const held = new URLSearchParams(hash.slice(PREFIX.length));
  const subject = SUBJECTS.find((candidate) => held.get(candidate));
  if (subject === undefined) return null;
  return { subject, name: held.get(subject)!, range: RANGES.find((range) => range === held.get("range")) ?? "24h" };
}

/** The address that answers `view`: a line for each sensor. */
export function requestOf({ subject, name, range }: View): string {
  const query = new URLSearchParams({ [subject]: name, from: `now-${range}`, group_by: "sensor_id", points: "300" });
  return `/api/timeseries?${query.toString()}`;
}

export type ExploredSeries = Timeseries["series"][number] & { sensor_id: string | null };

/** The means as lines and the intervals with anomalies as marks; `hidden` lines are those beyond MAX_LINES. */
export function linesOf(series: readonly ExploredSeries[]): { lines: Line[]; anomalies: Mark[]; hidden: number } {
  const shown = series.slice(0, MAX_LINES);
  const anomalies: Mark[] = [];
  const lines = shown.map(({ sensor_id, rows }, colour) => {
    const label = sensor_id ?? t("explore.all");
    const points = rows.flatMap(([time, , mean, , , count]) => {
      if (mean === null) return [];
      const x = toEpochMs(time);
      if (count > 0) anomalies.push({ x, y: mean, value: mean, label: t("explore.within", label, formatCount(count)) });
      return [{ x, y: mean, id: String(x) }];
    });
    return { label, colour, points };
  });
  return { lines, anomalies, hidden: series.length - shown.length };
}

/** A cell of CSV (RFC 4180); a text that a spreadsheet would take for a formula is made plain. */
function cell(value: string | number | null | undefined): string {
  const text = String(value ?? "");
  const plain = typeof value === "string" && /^[=+\-@]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

/** All rows of an answer as CSV, times as ISO 8601 in UTC. */
export function csvOf(series: readonly ExploredSeries[]): string {
  const lines = series.flatMap(({ sensor_id, sensor_type, unit, rows }) =>
    rows.map(([time, ...figures]) =>
      [sensor_id, sensor_type, unit, new Date(toEpochMs(time)).toISOString(), ...figures].map(cell).join(","),
    ),
  );
  return ["sensor_id,sensor_type,unit,time,count,mean,min,max,anomalies", ...lines, ""].join("\r\n");
}
