// Latest alerts: one row per sensor and kind, however often it was raised.

import { byId, element, KeyedRows, type Row, setAttribute, setHidden, setText } from "../dom";
import { formatAgo, formatClock, formatCount } from "../format";
import type { AlertKind } from "../frames";
import type { AlertGroup, Store } from "../store";

const MAX_ROWS = 50;
const KIND_NAMES: Readonly<Record<AlertKind, string>> = { anomaly: "Anomaly", battery_low: "Battery low" };

interface AlertRow extends Row {
  severity: HTMLElement;
  title: HTMLElement;
  count: HTMLElement;
  message: HTMLElement;
  ago: HTMLElement;
}

export class AlertsPanel {
  private readonly rows = new KeyedRows(byId("alerts-list"), () => alertRow());

  render(store: Store, nowMs: number): void {
    const groups = store.alertGroups();
    const shown = new Map(groups.slice(0, MAX_ROWS).map((group) => [`${group.sensorId} ${group.kind}`, group]));
    const serverNow = store.serverTime(nowMs);
    setHidden(byId("alerts-empty"), groups.length > 0);
    setText(byId("alerts-note"), groups.length > 0 ? `${formatCount(groups.length)} sensors and kinds` : "");
    this.rows.show([...shown.keys()], (row, key) => fill(row, shown.get(key)!, serverNow));
  }
}

function fill(row: AlertRow, group: AlertGroup, serverNow: number): void {
  const { newest } = group;
  setAttribute(row.root, "data-severity", newest.severity);
  setText(row.severity, newest.severity);
  setText(row.title, `${newest.sensor_id} · ${KIND_NAMES[group.kind] ?? group.kind} · ${newest.location}`);
  setText(row.message, newest.message);
  setText(row.count, `×${formatCount(group.count)}`);
  setAttribute(row.count, "title", `raised ${group.count} times since ${formatClock(group.since)}`);
  setText(row.ago, formatAgo(serverNow - group.raisedAt));
}

function alertRow(): AlertRow {
  const root = element("li", "alert");
  const severity = element("span", "badge");
  const title = element("span", "title");
  const count = element("span", "count");
  const message = element("span", "message");
  const ago = element("span", "ago");
  root.append(severity, title, count, message, ago);
  return { root, severity, title, count, message, ago };
}
