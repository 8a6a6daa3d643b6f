// A sensor's own page: history with the expected band, anomalies with score and reason, latest value, battery, alerts.

import { ask } from "../ask";
import { LiveChart } from "../charts/live-chart";
import { onColourSchemeChange } from "../charts/palette";
import { fullRange } from "../charts/scales";
import { byId, element, setHidden, setText } from "../dom";
import type { ExploredSeries, Range } from "../explore";
import { formatCount, formatDateTime, formatPercent, formatUnit, formatValue, NOTHING } from "../format";
import type { Anomaly } from "../frames";
import { nameOf, t } from "../i18n/catalogue";
import {
  bandOf,
  countOf,
  formatScore,
  marksOf,
  MAX_SINGLE,
  meansOf,
  pointsOf,
  sensorHash,
  sensorRequests,
  type SensorView,
  sensorViewOf,
  type StoredReading,
} from "../sensor-page";
import type { Point } from "../series";
import type { Store } from "../store";

const INTERVAL_MS = 30_000;
/** After an anomaly came live, so that several ask once. */
const SOON_MS = 1000;
const SHOWN_ANOMALIES = 50;

interface Latest {
  event_timestamp: string;
  sensor_type: string;
  location: string;
  value: number;
  unit: string;
  battery_level: number | null;
}

export class SensorPagePanel {
  private readonly chart = new LiveChart(byId("sensor-canvas"));
  private view: SensorView | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running = false;
  private isDueSoon = false;
  private asked = 0;
  private points: Point[] = [];
  private isSingle = true;
  private band: ReturnType<typeof bandOf> = [];
  private anomalies: StoredReading[] = [];
  private latest: Latest | null = null;

  /** `onSensor` is told which sensor the page is about, null when it is left. */
  constructor(private readonly onSensor: (sensorId: string | null) => void) {
    byId("sensor-range").addEventListener("change", (event) => {
      const range = (event.target as HTMLSelectElement).value as Range;
      if (this.view !== null) location.hash = sensorHash({ ...this.view, range });
    });
    addEventListener("hashchange", () => this.follow());
    onColourSchemeChange(() => this.chart.applyColours());
    this.follow();
  }

  start(): void {
    this.running = true;
    if (this.view !== null) void this.load(this.view);
  }

  stop(): void {
    this.running = false;
    clearTimeout(this.timer);
  }

  /** Ask again soon when anomalies of this sensor came: they are in the table. */
  addAnomalies(anomalies: readonly Anomaly[]): void {
    const { view } = this;
    if (view === null || !this.running || this.isDueSoon || !anomalies.some(({ sensor_id }) => sensor_id === view.id)) return;
    this.isDueSoon = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.load(view), SOON_MS);
  }

  /** Append what came live, as long as the sensor's page is shown; without history it is all there is. */
  render(store: Store): void {
    if (this.view === null) return;
    const sensor = store.sensors.get(this.view.id);
    const last = this.points.at(-1)?.x ?? -Infinity;
    const live = this.isSingle && sensor !== undefined ? sensor.series.since(last + 1) : [];
    this.draw([...this.points, ...live], live.filter(({ id }) => store.anomalousReadings.has(id)));
    if (sensor === undefined) this.showLatest(this.latest);
    else this.showLatest({ ...sensor.latest, event_timestamp: sensor.latest.timestamp, battery_level: sensor.latest.battery_level ?? null });
  }

  /** Show the sensor that the address names, or the overview. */
  private follow(): void {
    const before = this.view?.id ?? null;
    this.view = sensorViewOf(location.hash);
    if (this.view?.id !== before) {
      this.forget();
      this.onSensor(this.view?.id ?? null);
      if (this.view !== null) scrollTo(0, 0);
    }
    if (this.view === null) return clearTimeout(this.timer);
    setText(byId("sensor-title"), this.view.id);
    byId<HTMLSelectElement>("sensor-range").value = this.view.range;
    void this.load(this.view);
  }

  private forget(): void {
    [this.points, this.band, this.anomalies, this.latest, this.isSingle] = [[], [], [], null, true];
    this.showAnomalies([], t("explore.loading"));
    setText(byId("sensor-shown"), "");
    setHidden(byId("sensor-empty"), false);
    setText(byId("sensor-empty"), t("explore.loading"));
  }

  private async load(view: SensorView): Promise<void> {
    const number = ++this.asked;
    clearTimeout(this.timer);
    this.isDueSoon = false;
    const paths = sensorRequests(view);
    const [series, anomalies, latest] = await Promise.all([
      ask<{ series: ExploredSeries[]; interval_s: number }>(paths.series),
      ask<{ readings: StoredReading[] }>(paths.anomalies),
      ask<{ rows: Latest[] }>(paths.latest),
    ]);
    const single = typeof series !== "string" && countOf(series.series) <= MAX_SINGLE ? await ask<{ readings: StoredReading[] }>(paths.readings) : null;
    // Another sensor or range was asked for meanwhile.
    if (number !== this.asked) return;
    const problem = [series, anomalies, latest, single].find((answer) => typeof answer === "string");
    if (typeof problem === "string") this.showProblem(problem);
    if (typeof series !== "string" && typeof single !== "string") {
      this.isSingle = single !== null;
      this.points = single === null ? meansOf(series.series) : pointsOf(single.readings);
      this.band = single === null ? [] : bandOf(single.readings);
      const count = formatCount(countOf(series.series));
      setText(byId("sensor-shown"), single === null ? t("sensor.means", count, formatCount(series.interval_s)) : t("sensor.single", count));
      if (problem === undefined) setText(byId("sensor-empty"), t("explore.none", view.id));
    }
    if (typeof anomalies !== "string") this.showAnomalies(anomalies.readings);
    if (typeof latest !== "string") this.latest = latest.rows[0] ?? null;
    this.showLatest(this.latest);
    this.draw(this.points, []);
    if (this.running) this.timer = setTimeout(() => void this.load(view), INTERVAL_MS);
  }

  private showProblem(problem: string): void {
    setText(byId("sensor-empty"), problem);
    setText(byId("sensor-shown"), problem);
    setText(byId("sensor-anomalies-empty"), problem);
  }

  private draw(points: readonly Point[], found: readonly Point[]): void {
    setHidden(byId("sensor-empty"), points.length > 0);
    if (points.length === 0) return;
    const marks = [...marksOf(this.anomalies), ...found.map(({ x, y }) => ({ x, y, value: y, label: this.view!.id }))];
    const x = { min: points[0]!.x, max: Math.max(points.at(-1)!.x, points[0]!.x + 1000) };
    const shown = marks.filter((mark) => mark.x >= x.min && mark.x <= x.max);
    const bounds = this.band.flatMap((one) => (one === null ? [] : [{ x: one.x, y: one.low, id: "" }, { x: one.x, y: one.high, id: "" }]));
    const y = fullRange([points, shown.map((mark) => ({ ...mark, id: "" })), bounds])!;
    const line = { label: this.view!.id, colour: 0, points };
    this.chart.show({ lines: [line], anomalies: shown, band: this.band, x, y, unit: formatUnit(this.latest?.unit ?? "") });
  }

  private showLatest(latest: Latest | null): void {
    const fact = (name: string, text: string) => setText(byId(`sensor-${name}`), text);
    setText(byId("sensor-note"), latest === null ? "" : `${nameOf("type", latest.sensor_type)} · ${latest.location}`);
    fact("value", latest === null ? NOTHING : `${formatValue(latest.value)} ${formatUnit(latest.unit)}`);
    fact("measured", latest === null ? NOTHING : formatDateTime(Date.parse(latest.event_timestamp)));
    const battery = latest?.battery_level ?? null;
    fact("battery", battery === null ? t("unknown") : formatPercent(battery));
  }

  private showAnomalies(anomalies: StoredReading[], otherwise = t("sensor.anomalies.none")): void {
    this.anomalies = anomalies;
    setText(byId("sensor-anomalies-note"), formatCount(anomalies.length));
    setHidden(byId("sensor-anomalies-empty"), anomalies.length > 0);
    setText(byId("sensor-anomalies-empty"), otherwise);
    byId("sensor-anomalies-rows").replaceChildren(...anomalies.slice(0, SHOWN_ANOMALIES).map(anomalyLine));
  }
}

function anomalyLine(anomaly: StoredReading): HTMLElement {
  const { timestamp, value, unit, expected_low, expected_high, anomaly_score, anomaly_reason } = anomaly;
  const expected = expected_low === null || expected_high === null ? NOTHING : t("sensor.band", formatValue(expected_low), formatValue(expected_high));
  const root = element("tr");
  root.append(
    element("td", "", formatDateTime(Date.parse(timestamp))),
    element("td", "number", `${formatValue(value)} ${formatUnit(unit)}`),
    element("td", "number", expected),
    element("td", "number", formatScore(anomaly_score)),
    element("td", "", anomaly_reason ?? ""),
  );
  return root;
}
