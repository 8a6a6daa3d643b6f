// The live chart's panel: which lines are shown, over which span, and the legend that switches them.

import { LiveChart, type Mark } from "../charts/live-chart";
import { decimate } from "../charts/decimation";
import { onColourSchemeChange, SERIES_COLOURS } from "../charts/palette";
import { fullRange, ordinaryRange, type Range, timeRange } from "../charts/scales";
import { byId, element, KeyedRows, type Row, setAttribute, setHidden, setText } from "../dom";
import { formatCount, formatUnit, formatValue } from "../format";
import { nameOf, t } from "../i18n/catalogue";
import type { Point } from "../series";
import type { Sensor, Store } from "../store";

const POINTS_PER_LINE = 600;

interface LegendRow extends Row {
  button: HTMLButtonElement;
  swatch: HTMLElement;
  name: HTMLElement;
}

export class ChartPanel {
  private readonly types = byId<HTMLSelectElement>("chart-type");
  private readonly span = byId<HTMLSelectElement>("chart-span");
  private readonly full = byId<HTMLInputElement>("chart-full");
  private readonly canvas = byId<HTMLCanvasElement>("chart-canvas");
  private readonly chart = new LiveChart(this.canvas);
  private readonly legend = new KeyedRows(byId("chart-legend"), (id) => this.legendRow(id));
  private readonly switchedOff = new Set<string>();
  private shownTypes = "";

  /** `onChange` is called when a person chose something, so that the page is drawn anew. */
  constructor(private readonly onChange: () => void) {
    for (const control of [this.types, this.span, this.full]) control.addEventListener("change", onChange);
    onColourSchemeChange(() => this.chart.applyColours());
  }

  render(store: Store, nowMs: number): void {
    this.offerTypes(store.sensorTypes());
    const sensors = store.sensorsById().filter((sensor) => sensor.type === this.types.value);
    const lines = sensors.length > SERIES_COLOURS ? onlineFirst(sensors, store, nowMs) : sensors;
    setHidden(byId("chart-empty"), lines.length > 0);
    this.renderLegend(lines);
    this.renderNote(sensors);
    this.renderLines(lines, store);
  }

  private offerTypes(types: string[]): void {
    if (types.join() === this.shownTypes) return;
    const chosen = this.types.value;
    this.types.replaceChildren(...types.map((type) => new Option(nameOf("type", type), type)));
    if (types.includes(chosen)) this.types.value = chosen;
    else if (types.includes("temperature")) this.types.value = "temperature";
    this.shownTypes = types.join();
  }

  private renderLines(sensors: Sensor[], store: Store): void {
    const visible = sensors
      .map((sensor, colour) => ({ sensor, colour }))
      .filter(({ sensor }) => !this.switchedOff.has(sensor.id));
    const x = timeRange(visible.map(({ sensor }) => sensor.series.points), Number(this.span.value));
    const lines = visible.map(({ sensor, colour }) => ({
      sensor,
      colour,
      label: `${sensor.id} ${sensor.location}`,
      points: x === null ? [] : sensor.series.since(x.min),
    }));
    const pointLists = lines.map((line) => line.points);
    const y = this.full.checked ? fullRange(pointLists) : ordinaryRange(pointLists);
    const isAnomalous = (point: Point) => store.anomalousReadings.has(point.id);
    this.chart.show({
      lines: lines.map((line) => {
        const points = decimate(shownByLine(line.points, isAnomalous, y), POINTS_PER_LINE);
        return { ...line, points };
      }),
      anomalies: lines.flatMap((line) => marks(line.points.filter(isAnomalous), line.label, y)),
      x: x ?? { min: 0, max: 1 },
      y: y ?? { min: 0, max: 1 },
      unit: formatUnit(sensors[0]?.unit ?? ""),
    });
    setAttribute(this.canvas, "aria-label", t("chart.spoken", this.types.value === "" ? t("chart.values") : nameOf("type", this.types.value), this.spoken(sensors)));
  }

  private renderNote(sensors: Sensor[]): void {
    const unit = formatUnit(sensors[0]?.unit ?? "");
    const part = sensors.length > SERIES_COLOURS ? t("chart.part", formatCount(SERIES_COLOURS), formatCount(sensors.length)) : "";
    const what = [unit, part].filter((text) => text !== "").join(", ");
    setText(byId("chart-note"), sensors.length > 0 ? t("chart.note", what) : "");
  }

  private renderLegend(sensors: Sensor[]): void {
    const places = new Map(sensors.map((sensor, colour) => [sensor.id, { sensor, colour }]));
    this.legend.show([...places.keys()], (row, id) => {
      const { sensor, colour } = places.get(id)!;
      setAttribute(row.swatch, "class", `swatch series-${colour + 1}`);
      setText(row.name, sensor.location);
      setAttribute(row.button, "title", t("chart.switch", sensor.id));
      setAttribute(row.button, "aria-pressed", String(!this.switchedOff.has(id)));
    });
  }

  private legendRow(id: string): LegendRow {
    const root = element("li");
    const button = element("button");
    button.type = "button";
    const swatch = element("span", "swatch");
    const name = element("span", "name");
    button.append(swatch, element("span", "id", id), name);
    button.addEventListener("click", () => {
      if (!this.switchedOff.delete(id)) this.switchedOff.add(id);
      this.onChange();
    });
    root.append(button);
    return { root, button, swatch, name };
  }

  private spoken(sensors: Sensor[]): string {
    if (sensors.length === 0) return t("chart.spoken.none");
    return sensors.map((sensor) => `${sensor.id} ${formatValue(sensor.latest.value)} ${sensor.unit}`).join(", ");
  }
}

/** As many as there are colours; those that have gone quiet don't keep the others out. */
function onlineFirst(sensors: Sensor[], store: Store, nowMs: number): Sensor[] {
  const online = sensors.filter((sensor) => store.isOnline(sensor, nowMs));
  const quiet = sensors.filter((sensor) => !store.isOnline(sensor, nowMs));
  return [...online, ...quiet].slice(0, SERIES_COLOURS);
}

/** Without anomalies beyond the shown values: these are marked at the edge, and the line stays readable. */
function shownByLine(
  points: readonly Point[],
  isAnomalous: (point: Point) => boolean,
  y: Range | null,
): readonly Point[] {
  if (y === null) return points;
  return points.filter((point) => (point.y >= y.min && point.y <= y.max) || !isAnomalous(point));
}

function marks(anomalies: readonly Point[], label: string, y: Range | null): Mark[] {
  if (y === null) return [];
  return anomalies.map((point) => ({
    x: point.x,
    y: Math.min(y.max, Math.max(y.min, point.y)),
    value: point.y,
    label,
  }));
}
