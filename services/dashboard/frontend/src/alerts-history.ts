// Alerts as query-api keeps them, their filter and what a person may do with them. Pure.

import type { AlertTransition, ClearReason, RuleKind, Severity } from "./frames";

export type AlertStatus = "open" | "acknowledged" | "snoozed" | "cleared" | "resolved";

/** What query-api says of an alert beside what the stream says. */
export type AlertStanding = Pick<KeptAlert, "status" | "inhibited_by">;

export interface KeptAlert {
  alert_id: string;
  rule_id: string;
  kind: RuleKind;
  severity: Severity;
  status: AlertStatus;
  sensor_id: string;
  sensor_type: string;
  location: string;
  unit: string;
  opened_at: string;
  last_seen: string;
  cleared_at: string | null;
  clear_reason: ClearReason | null;
  value: number | null;
  peak: number | null;
  limit: number | null;
  reading_id: string | null;
  count: number;
  message: string;
  acknowledged_by: string | null;
  snoozed_by: string | null;
  resolved_by: string | null;
  /** The alert that speaks for this one. */
  inhibited_by: string | null;
}

export interface KeptAlerts {
  alerts: KeptAlert[];
  open: { high: number; medium: number; low: number };
  next_page_token: string | null;
}

export type Action = "acknowledge" | "resolve" | "snooze";
const BEFORE_ANY_STEP = -1;
const SNOOZE_S = 3600;

/** The address that answers a filter; an empty one filters nothing. */
export function alertsPath(filter: { status: string; severity: string; sensor_id: string }, pageToken: string | null): string {
  const query = new URLSearchParams({ limit: "50" });
  for (const [name, value] of Object.entries(filter)) if (value !== "") query.set(name, value);
  if (pageToken !== null) query.set("page_token", pageToken);
  return `/api/alerts?${query.toString()}`;
}

/** The address and body of a change; a snooze holds for an hour. */
export function changeOf(alertId: string, action: Action, by: string, note: string) {
  const length = action === "snooze" ? { for_s: SNOOZE_S } : {};
  return { path: `/api/alerts/${encodeURIComponent(alertId)}/${action}`, body: { by, note: note === "" ? null : note, ...length } };
}

/** A kept alert as a step of its life: older than every step that may come live. */
export function stepOf(alert: KeptAlert): AlertTransition {
  const { value, peak, reading_id, last_seen } = alert;
  const known = { value: value ?? NaN, peak: peak ?? NaN, reading_id: reading_id ?? "" };
  return { ...alert, ...known, sequence: BEFORE_ANY_STEP, state: "opened", event_time: last_seen };
}

/** Whose doing the status of an alert is; null where it is nobody's. */
export function actorOf(alert: Pick<KeptAlert, "status" | "acknowledged_by" | "snoozed_by" | "resolved_by">): string | null {
  switch (alert.status) {
    case "acknowledged":
      return alert.acknowledged_by;
    case "snoozed":
      return alert.snoozed_by;
    case "resolved":
      return alert.resolved_by;
    default:
      return null;
  }
}

/** What a person may still do: query-api refuses the rest. */
export function actionsFor(status: AlertStatus): readonly Action[] {
  if (status === "resolved") return [];
  return status === "cleared" ? ["resolve"] : ["acknowledge", "resolve", "snooze"];
}
