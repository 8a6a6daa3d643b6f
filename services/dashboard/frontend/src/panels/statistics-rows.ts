// Rows of statistics, the same in the panels of windows and of all readings.

import { element, type Row, setAttribute, setText } from "../dom";
import { formatCount, formatValue } from "../format";

export interface Statistics {
  count: number;
  mean: number | null;
  min: number | null;
  max: number | null;
  anomalies: number;
}

export interface StatisticsRow extends Row {
  name: HTMLElement;
  cells: HTMLElement[];
}

export function statisticsRow(): StatisticsRow {
  const root = element("tr");
  const name = element("th");
  name.scope = "row";
  const cells = Array.from({ length: 5 }, () => element("td", "number"));
  root.append(name, ...cells);
  return { root, name, cells };
}

/** A row that names the group of the rows below it. */
export function groupRow(): StatisticsRow {
  const root = element("tr", "group");
  const name = element("th");
  name.scope = "colgroup";
  name.colSpan = 6;
  root.append(name);
  return { root, name, cells: [] };
}

export function fillStatistics(row: StatisticsRow, name: string, statistics: Statistics): void {
  const { count, mean, min, max, anomalies } = statistics;
  setText(row.name, name);
  const texts = [formatCount(count), formatValue(mean), formatValue(min), formatValue(max), formatCount(anomalies)];
  texts.forEach((text, index) => setText(row.cells[index]!, text));
  setAttribute(row.cells[4]!, "class", anomalies > 0 ? "number anomalous" : "number");
}
