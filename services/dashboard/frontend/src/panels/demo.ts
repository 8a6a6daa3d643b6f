// The demo: status of the simulated fleet, orders to it, and whether an injected fault was detected.

import { Detection } from "../detection";
import { byId, setAttribute, setHidden, setText } from "../dom";
import { formatCount, formatRate } from "../format";
import type { Anomaly } from "../frames";
import type { Answered } from "../history";
import { nameOf, t } from "../i18n/catalogue";
import { type FleetStatus, type InjectedFault, order } from "../orders";
import type { Store } from "../store";

/** Kinds that last for a time; the others affect single readings. */
const EPISODES: ReadonlySet<string> = new Set(["stuck_at", "drift", "noise_burst", "offline"]);

export class DemoPanel {
  private readonly panel = byId("demo");
  private readonly toggle = byId<HTMLButtonElement>("demo-toggle");
  private readonly rate = byId<HTMLInputElement>("demo-rate");
  private readonly kind = byId<HTMLSelectElement>("demo-kind");
  private readonly sensor = byId<HTMLSelectElement>("demo-sensor");
  private readonly duration = byId<HTMLSelectElement>("demo-duration");
  private readonly result = byId("demo-result");
  private status: FleetStatus | null = null;
  private detection: Detection | null = null;
  private shownSensors = "";

  /** `onStatus` is given the fleet's status after an order. */
  constructor(private readonly onStatus: (status: FleetStatus) => void) {
    this.toggle.addEventListener("click", () => void this.changeFleet("POST", this.status?.running ? "/stop" : "/start"));
    onSubmit("demo-rate-form", () => void this.changeFleet("PUT", "/rate", { rate_per_s: this.rate.valueAsNumber }));
    onSubmit("demo-fault-form", () => void this.inject());
    this.kind.addEventListener("change", () => this.offerDurations());
    this.offerDurations();
  }

  /** Show an answer about the fleet; the panel appears with the first answer, also an error. */
  setStatus({ value, problem, status }: Answered<FleetStatus>): void {
    if (status !== null) setHidden(this.panel, false);
    if (value !== null) this.showStatus(value);
    if (problem !== null) setText(byId("demo-note"), problem);
    // Orders would fail.
    for (const button of this.panel.querySelectorAll("button")) button.disabled = problem !== null;
    setAttribute(this.panel, "data-fleet", problem !== null ? "away" : value?.running ? "running" : "stopped");
  }

  /** Add anomalies that arrived at `serverNow`; they may include known ones. */
  addAnomalies(anomalies: readonly Anomaly[], serverNow: number): void {
    this.detection?.addAnomalies(anomalies, serverNow);
  }

  render(store: Store, nowMs: number): void {
    if (this.panel.hidden) return;
    this.offerSensors(store.sensorsById().map((sensor) => sensor.id));
    if (this.detection !== null) setText(this.result, this.detection.text(store.serverTime(nowMs)));
  }

  private showStatus(status: FleetStatus): void {
    if (this.status === null || this.status.rate_per_s !== status.rate_per_s) this.rate.value = String(status.rate_per_s);
    this.status = status;
    setText(this.toggle, t(status.running ? "demo.stop" : "demo.start"));
    setText(byId("demo-note"), noteOf(status));
  }

  private offerSensors(ids: string[]): void {
    if (ids.join() === this.shownSensors) return;
    const chosen = this.sensor.value;
    this.sensor.replaceChildren(new Option(t("demo.any"), ""), ...ids.map((id) => new Option(id, id)));
    // Keep the selection, also of a sensor that the page no longer has.
    if (chosen !== "" && !ids.includes(chosen)) this.sensor.append(new Option(chosen, chosen));
    this.sensor.value = chosen;
    this.shownSensors = ids.join();
  }

  private offerDurations(): void {
    const lasts = EPISODES.has(this.kind.value);
    for (const option of this.duration.options) option.hidden = option.value === "" && lasts;
    this.duration.value = lasts ? "60" : "";
  }

  private async changeFleet(method: "POST" | "PUT", path: string, body?: object): Promise<void> {
    await this.execute(async () => this.onStatus(await order<FleetStatus>(method, path, body)));
  }

  private async inject(): Promise<void> {
    const fault = { kind: this.kind.value, sensors: this.sensor.value === "" ? [] : [this.sensor.value] };
    const duration = this.duration.value === "" ? {} : { duration_s: Number(this.duration.value) };
    await this.execute(async () => {
      const injected = await order<InjectedFault>("POST", "/faults", { fault, ...duration });
      this.detection = new Detection(injected, intervalMs(this.status!));
    });
  }

  /** Execute an order, or show why it failed. */
  private async execute(work: () => Promise<void>): Promise<void> {
    this.detection = null;
    setText(this.result, "");
    try {
      await work();
    } catch (error) {
      setText(this.result, error instanceof Error ? error.message : String(error));
    }
  }
}

/** Time between two readings of a sensor. */
function intervalMs({ sensors, rate_per_s }: FleetStatus): number {
  return (sensors / rate_per_s) * 1000;
}

function noteOf(status: FleetStatus): string {
  const { running, sensors, rate_per_s, sent, buffered, active_faults, last_error } = status;
  const parts = [t("demo.sensors", formatCount(sensors)), running ? t("demo.speed", formatRate(rate_per_s)) : t("demo.stopped")];
  parts.push(t("demo.sent", formatCount(sent)));
  const kinds = [...new Set(active_faults.map((fault) => nameOf("fault", fault.kind).toLowerCase()))];
  if (kinds.length > 0) parts.push(t("demo.active", kinds.join(", "), formatCount(active_faults.length)));
  if (buffered > rate_per_s) parts.push(t("demo.waiting", formatCount(buffered), last_error ?? t("demo.away")));
  return parts.join(" · ");
}

function onSubmit(form: string, work: () => void): void {
  byId<HTMLFormElement>(form).addEventListener("submit", (event) => {
    event.preventDefault();
    work();
  });
}
