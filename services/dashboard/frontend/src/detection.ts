// What detection made of an injected fault. Pure: the caller says what time it is.

import { formatName, formatSpan } from "./format";
import type { Alert } from "./frames";
import type { InjectedFault } from "./orders";

/** After the end of a fault its alerts are still on their way for so long. */
const PATIENCE_MS = 20_000;
/** These change how readings are delivered and leave values right: an anomaly of their sensor has another cause. */
const RIGHT_VALUES: ReadonlySet<string> = new Set(["offline", "dropout", "late", "duplicate"]);

/** Waits for the first alert of a reading that the fault may have struck; the readings' own labels are not looked at. */
export class Detection {
  private alert: Alert | null = null;
  private readonly startsAt: number;
  private readonly endsAt: number;

  /** `intervalMs` is the time between two readings of a sensor: a fault of one reading has struck by then. */
  constructor(private readonly fault: InjectedFault, intervalMs: number) {
    this.startsAt = Date.parse(fault.starts_at);
    this.endsAt = fault.ends_at === null ? this.startsAt + intervalMs : Date.parse(fault.ends_at);
  }

  take(alerts: readonly Alert[]): void {
    this.alert ??= alerts.find((alert) => this.isMeant(alert)) ?? null;
  }

  /** What is known at `serverNow`, for a person. */
  text(serverNow: number): string {
    const { kind, sensors } = this.fault;
    const subject = `${formatName(kind)} on ${sensors.length === 1 ? sensors[0]! : `${sensors.length} sensors`}`;
    if (this.alert !== null) {
      const delay = formatDelay(Date.parse(this.alert.raised_at) - Date.parse(this.alert.event_time));
      const who = sensors.length === 1 ? "" : `${this.alert.sensor_id}: `;
      return `${subject}: detected ${delay} after it was measured. ${who}${this.alert.message}`;
    }
    if (serverNow > this.endsAt + PATIENCE_MS) return `${subject}: not detected`;
    return `${subject}: not detected yet`;
  }

  private isMeant(alert: Alert): boolean {
    if (alert.kind !== "anomaly" || RIGHT_VALUES.has(this.fault.kind)) return false;
    const eventTime = Date.parse(alert.event_time);
    return eventTime >= this.startsAt && eventTime <= this.endsAt && this.fault.sensors.includes(alert.sensor_id);
  }
}

function formatDelay(milliseconds: number): string {
  return milliseconds < 10_000 ? `${(Math.max(0, milliseconds) / 1000).toFixed(1)} s` : formatSpan(milliseconds);
}
