// A sensor's own thresholds, and what they would have done. Pure.

/** What query-api says of a sensor, as far as its thresholds need it. */
export interface ThresholdSensor {
  sensor_id: string;
  registered: boolean;
  sensor_type: string | null;
  location: string | null;
  unit: string | null;
  low: number | null;
  high: number | null;
  tags: string[];
  updated_at: string | null;
}

/** A rule as query-api keeps it; only what is looked at has a name here. */
export interface Rule {
  rule_id: string;
  version: number;
  enabled?: boolean;
  deleted?: boolean;
  selectors?: { sensor_ids?: string[] };
}

export interface Limits {
  low: number | null;
  high: number | null;
}

/** The rule that alerts when a sensor's own thresholds are left. */
export const RULE_ID = "abnormal-value";
export const DAYS = 7;
const BEFORE_ANY_CHANGE = "1970-01-01T00:00:00Z";

/** The address of a sensor. */
export function sensorPath(id: string): string {
  return `/api/sensors/${encodeURIComponent(id)}`;
}

/** The address and body of a change of what `sensor` was when it was read: query-api refuses it when that is old. */
export function changeOf(sensor: ThresholdSensor, limits: Limits): { path: string; body: Limits } {
  const query = new URLSearchParams({ unchanged_since: sensor.updated_at ?? BEFORE_ANY_CHANGE });
  return { path: `${sensorPath(sensor.sensor_id)}?${query.toString()}`, body: limits };
}

/** Whether the rule alerts for the sensor at all. */
export function appliesTo(rule: Rule, sensorId: string): boolean {
  const chosen = rule.selectors?.sensor_ids ?? [];
  return rule.enabled !== false && rule.deleted !== true && (chosen.length === 0 || chosen.includes(sensorId));
}

/** The question how often the rule would have alerted for the sensor if these were its thresholds. */
export function backtestOf(rule: Rule, sensor: ThresholdSensor, limits: Limits): object {
  const { version: _version, deleted: _deleted, ...written } = rule;
  const said = sensor.registered ? { sensor_type: sensor.sensor_type, location: sensor.location, tags: sensor.tags } : {};
  return {
    rule: { ...written, selectors: { ...rule.selectors, sensor_ids: [sensor.sensor_id] } },
    sensors: [{ sensor_id: sensor.sensor_id, ...said, ...limits }],
  };
}

/** The number in a field, null when it is empty. */
export function limitOf(text: string): number | null {
  return text.trim() === "" ? null : Number(text);
}

/** Whether a value can lie between the two. */
export function areOrdered({ low, high }: Limits): boolean {
  return low === null || high === null || low < high;
}

export function areSame(one: Limits, other: Limits): boolean {
  return one.low === other.low && one.high === other.high;
}
