// The WebSocket's messages, as contracts/schemas/live-frame.json describes them.

export interface Reading {
  reading_id: string;
  sensor_id: string;
  sensor_type: string;
  location: string;
  value: number;
  unit: string;
  timestamp: string;
  battery_level?: number;
}

export type RuleKind = "threshold" | "rate_of_change" | "stuck" | "no_data" | "missing" | "battery" | "detector";
export type ClearReason = "recovered" | "rule_deleted" | "not_applicable";
export type Severity = "high" | "medium" | "low";

/** One step of an alert's life; (alert_id, sequence) is its identity. */
export interface AlertTransition {
  alert_id: string;
  sequence: number;
  state: "opened" | "updated" | "cleared";
  clear_reason?: ClearReason | null;
  rule_id: string;
  kind: RuleKind;
  severity: Severity;
  sensor_id: string;
  sensor_type: string;
  location: string;
  unit: string;
  opened_at: string;
  event_time: string;
  last_seen: string;
  count: number;
  value: number;
  peak: number;
  limit?: number | null;
  message: string;
  reading_id: string;
}

/** A reading that detection found anomalous. */
export interface Anomaly extends Reading {
  anomaly_score: number;
  anomaly_reason: string;
}

export interface WindowStats {
  window_start: string;
  window_end: string;
  sensor_type: string;
  location: string;
  count: number;
  avg: number;
  min: number;
  max: number;
  anomaly_count: number;
}

export type LiveFrame =
  | {
      type: "snapshot";
      readings: Reading[];
      alerts: AlertTransition[];
      anomalies: Anomaly[];
      windows: WindowStats[];
      server_time: string;
    }
  | { type: "readings"; readings: Reading[] }
  | { type: "alerts"; alerts: AlertTransition[] }
  | { type: "anomalies"; anomalies: Anomaly[] }
  | { type: "windows"; windows: WindowStats[] }
  | { type: "gap"; conflated: number }
  | { type: "left_out"; messages: number };
