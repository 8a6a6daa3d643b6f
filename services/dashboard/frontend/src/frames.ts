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

export type AlertKind = "anomaly" | "battery_low";
export type Severity = "high" | "medium" | "low";

export interface Alert {
  alert_id: string;
  kind: AlertKind;
  severity: Severity;
  sensor_id: string;
  sensor_type: string;
  location: string;
  reading_id: string;
  value: number;
  unit: string;
  message: string;
  event_time: string;
  raised_at: string;
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
  | { type: "snapshot"; readings: Reading[]; alerts: Alert[]; windows: WindowStats[]; server_time: string }
  | { type: "readings"; readings: Reading[] }
  | { type: "alerts"; alerts: Alert[] }
  | { type: "windows"; windows: WindowStats[] }
  | { type: "gap"; conflated: number }
  | { type: "left_out"; messages: number };
