// Statistics of all stored readings by sensor type, from query-api.

import { byId, KeyedRows, setHidden, setText } from "../dom";
import { formatClock } from "../format";
import type { Answered, Stats } from "../history";
import { nameOf, t } from "../i18n/catalogue";
import { fillStatistics, statisticsRow } from "./statistics-rows";

export class TotalsPanel {
  private readonly rows = new KeyedRows(byId("totals-rows"), () => statisticsRow());

  /** Show an answer of `/api/stats`. */
  render({ value, problem, receivedAt }: Answered<Stats>): void {
    const rows = new Map((value?.rows ?? []).map((row) => [row.sensor_type, row]));
    const empty = byId("totals-empty");
    setHidden(empty, rows.size > 0);
    setText(empty, problem === null ? t("totals.none") : t("history.unavailable", problem));
    const at = receivedAt > 0 ? t("totals.as-of", formatClock(receivedAt)) : "";
    setText(byId("totals-note"), problem !== null && at !== "" ? t("totals.old", at) : at);
    this.rows.show([...rows.keys()], (row, type) => fillStatistics(row, nameOf("type", type), rows.get(type)!));
  }
}
