// Whether an injected fault was detected. Pure: the caller passes the time.

import { formatCount, formatNumber, formatSpan } from "./format";
import type { Anomaly } from "./frames";
import { nameOf, t } from "./i18n/catalogue";
import type { InjectedFault } from "./orders";

/** How long anomalies may arrive after the end of a fault. */
const ANOMALY_DELAY_MS = 20_000;
/** These faults change the delivery only, not the values: an anomaly of their sensor has another cause. */
const DELIVERY_FAULTS: ReadonlySet<string> = new Set(["offline", "dropout", "late", "duplicate"]);

/** Waits for the first anomaly among the readings that the fault may have affected; the readings' own labels are ignored. */
export class Detection {
  private anomaly: Anomaly | null = null;
  private arrivedAt = 0;
  private readonly startsAt: number;
  private readonly endsAt: number;

  /** `intervalMs` is the time between two readings of a sensor: a fault of one reading has taken effect by then. */
  constructor(private readonly fault: InjectedFault, intervalMs: number) {
    this.startsAt = Date.parse(fault.starts_at);
    this.endsAt = fault.ends_at === null ? this.startsAt + intervalMs : Date.parse(fault.ends_at);
  }

  /** Add anomalies that arrived at `serverNow`. */
  addAnomalies(anomalies: readonly Anomaly[], serverNow: number): void {
    if (this.anomaly !== null) return;
    this.anomaly = anomalies.find((anomaly) => this.matches(anomaly)) ?? null;
    this.arrivedAt = serverNow;
  }

  /** The state at `serverNow`, as text. */
  text(serverNow: number): string {
    const { kind, sensors } = this.fault;
    const subject = t(
      "detection.subject",
      nameOf("fault", kind),
      sensors.length === 1 ? sensors[0]! : t("detection.sensors", formatCount(sensors.length)),
    );
    if (this.anomaly !== null) {
      const delay = formatDelay(this.arrivedAt - Date.parse(this.anomaly.timestamp));
      const { sensor_id, anomaly_reason } = this.anomaly;
      const reason = sensors.length === 1 ? anomaly_reason : t("detection.by", sensor_id, anomaly_reason);
      return t("detection.detected", subject, delay, reason);
    }
    return t(serverNow > this.endsAt + ANOMALY_DELAY_MS ? "detection.missed" : "detection.waiting", subject);
  }

  private matches(anomaly: Anomaly): boolean {
    if (DELIVERY_FAULTS.has(this.fault.kind)) return false;
    const eventTime = Date.parse(anomaly.timestamp);
    return eventTime >= this.startsAt && eventTime <= this.endsAt && this.fault.sensors.includes(anomaly.sensor_id);
  }
}

function formatDelay(milliseconds: number): string {
  return milliseconds < 10_000 ? `${formatNumber(Math.max(0, milliseconds) / 1000, { minimumFractionDigits: 1, maximumFractionDigits: 1 })} s` : formatSpan(milliseconds);
}
