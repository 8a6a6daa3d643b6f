// Whether an injected fault was detected. Pure: the caller passes the time.

import { formatName, formatSpan } from "./format";
import type { Alert } from "./frames";
import type { InjectedFault } from "./orders";

/** How long alerts may arrive after the end of a fault. */
const ALERT_DELAY_MS = 20_000;
/** These faults change the delivery only, not the values: an anomaly of their sensor has another cause. */
const DELIVERY_FAULTS: ReadonlySet<string> = new Set(["offline", "dropout", "late", "duplicate"]);

/** Waits for the first alert of a reading that the fault may have affected; the readings' own labels are ignored. */
export class Detection {
  private alert: Alert | null = null;
  private readonly startsAt: number;
  private readonly endsAt: number;

  /** `intervalMs` is the time between two readings of a sensor: a fault of one reading has taken effect by then. */
  constructor(private readonly fault: InjectedFault, intervalMs: number) {
    this.startsAt = Date.parse(fault.starts_at);
    this.endsAt = fault.ends_at === null ? this.startsAt + intervalMs : Date.parse(fault.ends_at);
  }

  addAlerts(alerts: readonly Alert[]): void {
    this.alert ??= alerts.find((alert) => this.matches(alert)) ?? null;
  }

  /** The state at `serverNow`, as text. */
  text(serverNow: number): string {
    const { kind, sensors } = this.fault;
    const subject = `${formatName(kind)} on ${sensors.length === 1 ? sensors[0]! : `${sensors.length} sensors`}`;
    if (this.alert !== null) {
      const delay = formatDelay(Date.parse(this.alert.raised_at) - Date.parse(this.alert.event_time));
      const who = sensors.length === 1 ? "" : `${this.alert.sensor_id}: `;
      return `${subject}: detected ${delay} after it was measured. ${who}${this.alert.message}`;
    }
    if (serverNow > this.endsAt + ALERT_DELAY_MS) return `${subject}: not detected`;
    return `${subject}: not detected yet`;
  }

  private matches(alert: Alert): boolean {
    if (alert.kind !== "anomaly" || DELIVERY_FAULTS.has(this.fault.kind)) return false;
    const eventTime = Date.parse(alert.event_time);
    return eventTime >= this.startsAt && eventTime <= this.endsAt && this.fault.sensors.includes(alert.sensor_id);
  }
}

function formatDelay(milliseconds: number): string {
  return milliseconds < 10_000 ? `${(Math.max(0, milliseconds) / 1000).toFixed(1)} s` : formatSpan(milliseconds);
}
