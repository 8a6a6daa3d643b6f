// Alerts: what is open, how often it was met and for how long; what was cleared stays, grey, for a minute.

import { clearedSentenceOf, sentenceOf } from "../alert-sentence";
import type { AlertStatus } from "../alerts-history";
import { byId, element, KeyedRows, type Row, setAttribute, setHidden, setText } from "../dom";
import { formatClock, formatCount, formatSpan } from "../format";
import { nameOf, t } from "../i18n/catalogue";
import type { ShownAlert, Store } from "../store";

const MAX_ROWS = 50;

interface AlertRow extends Row {
  severity: HTMLElement;
  title: HTMLButtonElement;
  count: HTMLElement;
  message: HTMLElement;
  ago: HTMLElement;
}

export class AlertsPanel {
  private readonly rows = new KeyedRows(byId("alerts-list"), () => alertRow(this.onSensor));

  /** `onSensor` is called when a person asks for all alerts of a sensor. */
  constructor(private readonly onSensor: (sensorId: string) => void) {}

  render(store: Store, nowMs: number): void {
    const alerts = store.shownAlerts(nowMs);
    const shown = new Map(alerts.slice(0, MAX_ROWS).map((alert) => [alert.newest.alert_id, alert]));
    const open = alerts.filter(({ clearedAt, newest }) => clearedAt === null && !store.isInhibited(newest.alert_id)).length;
    const serverNow = store.serverTime(nowMs);
    setHidden(byId("alerts-empty"), alerts.length > 0);
    setText(byId("alerts-note"), alerts.length > 0 ? t("open.count", formatCount(open)) : "");
    this.rows.show([...shown.keys()], (row, key) =>
      fill(row, shown.get(key)!, store.alertStatus(key), store.isInhibited(key), serverNow),
    );
  }
}

function fill(row: AlertRow, alert: ShownAlert, status: AlertStatus | null, isInhibited: boolean, serverNow: number): void {
  const { newest, openedAt, clearedAt } = alert;
  setAttribute(row.root, "data-severity", newest.severity);
  setAttribute(row.root, "data-state", clearedAt !== null ? "cleared" : isInhibited ? "inhibited" : "open");
  setText(row.severity, clearedAt === null ? nameOf("severity", newest.severity) : t("open.cleared"));
  const handled = status === "acknowledged" || status === "snoozed" ? ` · ${nameOf("status", status)}` : "";
  const inhibited = isInhibited ? ` · ${t("alert.inhibited")}` : "";
  setText(row.title, `${newest.sensor_id} · ${nameOf("rule", newest.kind)} · ${newest.location}${handled}${inhibited}`);
  setAttribute(row.title, "data-alert-sensor", newest.sensor_id);
  setAttribute(row.title, "title", t("open.all", newest.sensor_id));
  setText(row.message, newest.state === "cleared" ? clearedSentenceOf(newest, newest.clear_reason) : sentenceOf(newest));
  setText(row.count, `×${formatCount(newest.count)}`);
  setAttribute(row.count, "title", t("open.readings", newest.count, formatClock(openedAt), newest.rule_id));
  setText(row.ago, formatSpan(Math.max(0, (clearedAt ?? serverNow) - openedAt)));
  setAttribute(row.ago, "title", clearedAt === null ? t("open.for") : t("open.until", formatClock(clearedAt)));
}

function alertRow(onSensor: (sensorId: string) => void): AlertRow {
  const root = element("li", "alert");
  const severity = element("span", "badge");
  const title = element("button", "title");
  title.type = "button";
  title.addEventListener("click", () => onSensor(title.dataset.alertSensor!));
  const count = element("span", "count");
  const message = element("span", "message");
  const ago = element("span", "ago");
  root.append(severity, title, count, message, ago);
  return { root, severity, title, count, message, ago };
}
