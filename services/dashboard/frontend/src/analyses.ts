// Results of the batch analyses: what query-api answers, and what of it the page says and draws. Pure.

import { formatCount, formatDate, formatDateTime, formatNumber, formatPercent, formatSpan, formatUnit, formatValue, NOTHING } from "./format";
import { nameOf, t } from "./i18n/catalogue";

export const ANALYSES_HASH = "#analyses";
const PREFIX = `${ANALYSES_HASH}?name=`;
const DAY_MS = 86_400_000;
const PERCENT = 100;
/** More bars than this cannot be told apart. */
const MAX_BARS = 20;
const BYTES = ["B", "KiB", "MiB", "GiB", "TiB"];
const KIBI = 1024;

export interface Run {
  from: string;
  to: string;
  finished_at: string;
  duration_s: number;
  input_rows: number;
  rows: number;
}

export interface Analysis {
  name: string;
  last_run: Run | null;
}

export interface Column {
  name: string;
  type: string;
  unit: string;
}

export type Cell = string | number | boolean | null;
export type ResultRow = Record<string, Cell>;

export interface Result {
  name: string;
  columns: Column[];
  runs: Run[];
  rows: ResultRow[];
  truncated: boolean;
}

export interface Bars {
  kind: "bar" | "line";
  labels: string[];
  series: { label: string; values: (number | [number, number] | null)[] }[];
  note: string;
  /** Where the axis ends, unless the values decide. */
  ends?: [number, number];
}

/** The part of the address that shows the result of `name`. */
export function hashOfAnalysis(name: string): string {
  return PREFIX + encodeURIComponent(name);
}

/** The analysis that an address names; null when it names none. */
export function analysisOf(hash: string): string | null {
  return hash.startsWith(PREFIX) ? decodeURIComponent(hash.slice(PREFIX.length)) : null;
}

/** What a run was made from: whole days (UTC) without times. */
export function rangeText({ from, to }: Run): string {
  const ends = [Date.parse(from), Date.parse(to)];
  const format = ends.every((end) => end % DAY_MS === 0) ? formatDate : formatDateTime;
  return t("analyses.range", format(ends[0]!), format(ends[1]!));
}

/** Seconds as people read them: with a decimal while they are few. */
export function durationText(seconds: number): string {
  return seconds < 60 ? `${formatNumber(seconds, { maximumFractionDigits: 1 })} s` : formatSpan(seconds * 1000);
}

/** The name of a column, with its unit where the figures do not carry it themselves. */
export function headingOf({ name, unit }: Column): string {
  const isCarried = unit === "" || unit === "share" || unit === "s" || unit === "B" || unit === "unit" || unit === "points";
  return isCarried ? nameOf("result", name) : `${nameOf("result", name)}, ${unit}`;
}

export function isNumber({ type }: Column): boolean {
  return type === "double" || type === "long" || type === "int";
}

/** Bytes in the largest unit that leaves a whole part. */
export function bytesText(bytes: number): string {
  const power = Math.min(BYTES.length - 1, Math.max(0, Math.floor(Math.log(Math.max(1, bytes)) / Math.log(KIBI))));
  return `${formatNumber(bytes / KIBI ** power, { maximumFractionDigits: power === 0 ? 0 : 1 })} ${BYTES[power]}`;
}

/** A cell as people read it. */
export function cellText({ name, type, unit }: Column, cell: Cell, row: ResultRow): string {
  if (cell === null || cell === undefined) return NOTHING;
  if (type === "timestamptz") return formatDateTime(Date.parse(String(cell)));
  if (typeof cell === "boolean") return t(cell ? "analyses.yes" : "analyses.no");
  if (typeof cell === "number") return numberText(unit, type, cell);
  if (name === "sensor_type" || name === "type_a" || name === "type_b" || (name === "key" && row.dimension === "type")) return nameOf("type", cell);
  if (name === "unit") return formatUnit(cell);
  return name === "dimension" || name === "state" ? nameOf(name, cell) : cell;
}

function numberText(unit: string, type: string, figure: number): string {
  if (unit === "share") return formatPercent(figure * PERCENT, 1);
  if (unit === "s") return durationText(figure);
  if (unit === "B") return bytesText(figure);
  return type === "double" ? formatValue(figure) : formatCount(figure);
}

/** What can be chosen to be drawn: the types of the profiles; nothing where one picture shows all. */
export function choicesOf({ name, rows }: Result): string[] {
  return name === "profiles" ? [...new Set(rows.map((row) => String(row.sensor_type)))] : [];
}

/** The picture that says more than the table; null where there is none. */
export function barsOf(result: Result, choice: string): Bars | null {
  const bars = pictureOf(result, choice);
  return bars !== null && bars.labels.length > 0 ? bars : null;
}

function pictureOf(result: Result, choice: string): Bars | null {
  if (result.name === "profiles") return profileOf(result, choice);
  if (result.name === "correlations") return correlationsOf(result);
  return result.name === "battery" ? batteriesOf(result) : null;
}

function profileOf({ rows }: Result, type: string): Bars {
  const hours = rows.filter((row) => row.dimension === "hour" && row.sensor_type === type).sort((a, b) => Number(a.position) - Number(b.position));
  const unit = formatUnit(String(hours[0]?.unit ?? ""));
  return {
    kind: "line",
    labels: hours.map(({ position }) => `${String(position).padStart(2, "0")}:00`),
    series: ["mean", "min", "max"].map((name) => ({ label: nameOf("result", name), values: hours.map((row) => row[name] as number | null) })),
    note: t("chart.profiles", nameOf("type", type), unit),
  };
}

function correlationsOf({ rows }: Result): Bars {
  const strongest = rows
    .filter((row) => row.is_strongest === true && row.correlation !== null)
    .sort((a, b) => Math.abs(Number(b.correlation)) - Math.abs(Number(a.correlation)))
    .slice(0, MAX_BARS);
  return {
    kind: "bar",
    labels: strongest.map((row) => t("chart.pair", String(row.location), typesOf(row), String(row.lag_minutes))),
    series: [{ label: nameOf("result", "correlation"), values: strongest.map((row) => Number(row.correlation)) }],
    note: t("chart.correlations"),
    ends: [-1, 1],
  };
}

function typesOf({ type_a, type_b }: ResultRow): string {
  return [type_a, type_b].map((type) => nameOf("type", String(type))).join(", ");
}

function batteriesOf({ rows, runs }: Result): Bars {
  const end = Date.parse(runs[0]?.to ?? "");
  const days = (cell: Cell | undefined) => Math.max(0, (Date.parse(String(cell)) - end) / DAY_MS);
  const dated = rows
    .filter((row) => row.empty_earliest !== null && row.empty_latest !== null)
    .sort((a, b) => days(a.empty_at) - days(b.empty_at))
    .slice(0, MAX_BARS);
  return {
    kind: "bar",
    labels: dated.map((row) => String(row.sensor_id)),
    series: [{ label: t("chart.earliest"), values: dated.map((row) => [days(row.empty_earliest), days(row.empty_latest)]) }],
    note: t("chart.battery"),
  };
}
