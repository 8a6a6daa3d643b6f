// A sensor's own thresholds: tried out on the last days while they are typed, then saved.

import { request } from "../ask";
import { byId, setHidden, setText } from "../dom";
import { formatCount, formatUnit, formatValue } from "../format";
import { t } from "../i18n/catalogue";
import { appliesTo, areOrdered, areSame, backtestOf, changeOf, DAYS, type Limits, limitOf, type Rule, RULE_ID, sensorPath, type ThresholdSensor } from "../thresholds";

/** After the last key, so that a number that is being typed is tried out once. */
const TYPING_MS = 500;
/** Until a sensor that was not known is asked for again: its first reading may be on its way. */
const AGAIN_MS = 5000;
const NOT_FOUND = 404;
const CONFLICT = 409;

interface Backtest {
  opened: number;
  readings: number;
}

export class ThresholdsPanel {
  private readonly low = byId<HTMLInputElement>("thresholds-low");
  private readonly high = byId<HTMLInputElement>("thresholds-high");
  private readonly save = byId<HTMLButtonElement>("thresholds-save");
  private readonly undo = byId<HTMLButtonElement>("thresholds-undo");
  private sensor: ThresholdSensor | null = null;
  private rule: Rule | null = null;
  /** How often the thresholds that are in force alerted; null as long as that is not known. */
  private openedNow: number | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private followed = 0;
  private tried = 0;

  constructor() {
    byId("thresholds-form").addEventListener("input", () => this.edited());
    byId("thresholds-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.submit();
    });
    this.undo.addEventListener("click", () => this.restore());
  }

  /** Show the thresholds of another sensor, null: of none. */
  async follow(sensorId: string | null): Promise<void> {
    const number = ++this.followed;
    clearTimeout(this.timer);
    this.tried++;
    [this.sensor, this.rule, this.openedNow] = [null, null, null];
    setText(byId("thresholds-result"), "");
    setText(byId("thresholds-preview"), "");
    setText(byId("thresholds-note"), t("explore.loading"));
    this.write({ low: null, high: null });
    this.offer();
    if (sensorId === null) return;
    const [sensor, rule] = await Promise.all([
      request<ThresholdSensor>("GET", sensorPath(sensorId)),
      request<{ rule: Rule }>("GET", `/api/rules/${RULE_ID}`),
    ]);
    if (number !== this.followed) return;
    if (!("value" in sensor)) {
      const isUnknown = sensor.status === NOT_FOUND;
      setText(byId("thresholds-note"), isUnknown ? t("thresholds.unknown-sensor") : sensor.problem);
      if (isUnknown) this.timer = setTimeout(() => void this.follow(sensorId), AGAIN_MS);
      return;
    }
    this.rule = "value" in rule ? rule.value.rule : null;
    this.take(sensor.value);
    this.restore();
    if ("problem" in rule && rule.status !== NOT_FOUND) setText(byId("thresholds-preview"), rule.problem);
  }

  /** What the sensor is now. */
  private take(sensor: ThresholdSensor): void {
    this.sensor = sensor;
    const unit = formatUnit(sensor.unit ?? "");
    setText(byId("thresholds-note"), t("thresholds.note"));
    for (const node of document.querySelectorAll("#thresholds-form .unit")) setText(node, unit);
  }

  /** Back to the thresholds that are in force. */
  private restore(): void {
    setText(byId("thresholds-result"), "");
    this.write(this.sensor ?? { low: null, high: null });
    this.offer();
    void this.tryOut();
  }

  private edited(): void {
    clearTimeout(this.timer);
    this.tried++;
    setText(byId("thresholds-result"), "");
    this.offer();
    if (this.problem() === null) this.timer = setTimeout(() => void this.tryOut(), TYPING_MS);
    setText(byId("thresholds-preview"), this.problem() ?? t("thresholds.trying"));
  }

  /** Why what is typed cannot be saved. */
  private problem(): string | null {
    if (this.low.validity.badInput || this.high.validity.badInput) return t("thresholds.no-number");
    return areOrdered(this.typed()) ? null : t("thresholds.order");
  }

  private typed(): Limits {
    return { low: limitOf(this.low.value), high: limitOf(this.high.value) };
  }

  private write({ low, high }: Limits): void {
    this.low.value = low === null ? "" : String(low);
    this.high.value = high === null ? "" : String(high);
  }

  private isChanged(): boolean {
    return this.sensor !== null && !areSame(this.typed(), this.sensor);
  }

  private offer(): void {
    const { sensor } = this;
    this.low.disabled = this.high.disabled = sensor === null;
    const isTyped = this.isChanged() || this.low.validity.badInput || this.high.validity.badInput;
    this.save.disabled = !this.isChanged() || this.problem() !== null;
    setHidden(this.undo, !isTyped);
  }

  /** How often the rule would have alerted in the last days. */
  private async tryOut(): Promise<void> {
    const { sensor, rule } = this;
    const number = ++this.tried;
    if (sensor === null) return;
    const preview = byId("thresholds-preview");
    if (rule === null || !appliesTo(rule, sensor.sensor_id)) {
      setText(preview, t("thresholds.no-rule"));
      return;
    }
    const limits = this.typed();
    setText(preview, t("thresholds.trying"));
    const reply = await request<Backtest>("POST", "/api/rules/backtest", backtestOf(rule, sensor, limits));
    if (number !== this.tried) return;
    if (!("value" in reply)) {
      setText(preview, t("thresholds.untried", reply.problem));
      return;
    }
    const { opened, readings } = reply.value;
    if (areSame(limits, sensor)) this.openedNow = opened;
    setText(preview, this.verdict(limits, opened, readings));
  }

  private verdict(limits: Limits, opened: number, readings: number): string {
    const days = formatCount(DAYS);
    if (readings === 0) return t("thresholds.no-readings", days);
    const now = this.openedNow;
    const would = t("thresholds.would", opened, days, formatCount(readings));
    return this.sensor === null || areSame(limits, this.sensor) || now === null ? would : t("thresholds.instead", would, formatCount(now));
  }

  private async submit(): Promise<void> {
    const { sensor } = this;
    if (sensor === null || this.save.disabled) return;
    this.save.disabled = true;
    const number = this.followed;
    const { path, body } = changeOf(sensor, this.typed());
    const reply = await request<ThresholdSensor>("PATCH", path, body);
    if (number !== this.followed) return;
    if ("value" in reply) {
      this.take(reply.value);
      this.restore();
      setText(byId("thresholds-result"), t("thresholds.saved"));
    } else if (reply.status === CONFLICT) {
      await this.reportConflict(sensor.sensor_id, number);
    } else {
      this.offer();
      setText(byId("thresholds-result"), reply.problem);
    }
  }

  /** Somebody else was faster: what was typed stays, and what is in force is told. */
  private async reportConflict(sensorId: string, number: number): Promise<void> {
    const reply = await request<ThresholdSensor>("GET", sensorPath(sensorId));
    if (number !== this.followed) return;
    if (!("value" in reply)) {
      this.offer();
      setText(byId("thresholds-result"), reply.problem);
      return;
    }
    this.take(reply.value);
    this.openedNow = null;
    this.offer();
    const said = (limit: number | null) => (limit === null ? t("thresholds.of-type") : formatValue(limit));
    setText(byId("thresholds-result"), t("thresholds.conflict", said(reply.value.low), said(reply.value.high)));
  }
}
