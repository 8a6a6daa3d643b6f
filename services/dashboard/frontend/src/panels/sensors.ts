// The table of sensors: value, battery and time of the last reading of each.

import { sparklinePath } from "../charts/sparkline";
import { byId, element, KeyedRows, type Row, setAttribute, setHidden, setText } from "../dom";
import { formatAgo, formatCount, formatDateTime, formatPercent, formatUnit, formatValue } from "../format";
import { nameOf, t } from "../i18n/catalogue";
import { LOW_BATTERY_PERCENT, type Sensor, type Store } from "../store";
import { sensorLink } from "./sensor-link";

const MAX_ROWS = 200;
const TREND = { width: 72, height: 18 };

interface SensorRow extends Row {
  type: HTMLElement;
  location: HTMLElement;
  value: HTMLElement;
  unit: HTMLElement;
  trend: SVGPathElement;
  battery: HTMLMeterElement;
  level: HTMLElement;
  seen: HTMLElement;
}

export class SensorsPanel {
  private readonly filter = byId<HTMLInputElement>("sensors-filter");
  private readonly rows = new KeyedRows(byId("sensors-rows"), (id) => sensorRow(id));

  constructor(onChange: () => void) {
    this.filter.addEventListener("input", onChange);
  }

  render(store: Store, nowMs: number): void {
    const matching = store.sensorsById().filter((sensor) => matches(sensor, this.filter.value));
    const isOnline = (sensor: Sensor) => store.isOnline(sensor, nowMs);
    const ordered = [...matching.filter(isOnline), ...matching.filter((sensor) => !isOnline(sensor))];
    const shown = new Map(ordered.slice(0, MAX_ROWS).map((sensor) => [sensor.id, sensor]));
    const serverNow = store.serverTime(nowMs);
    setHidden(byId("sensors-empty"), shown.size > 0);
    setText(byId("sensors-empty"), emptyText(store));
    const isPart = shown.size < store.sensors.size;
    setText(byId("sensors-note"), isPart ? t("sensors.part", formatCount(shown.size), formatCount(store.sensors.size)) : "");
    this.rows.show([...shown.keys()], (row, id) => fill(row, shown.get(id)!, serverNow, isOnline(shown.get(id)!)));
  }
}

function emptyText(store: Store): string {
  return store.sensors.size > 0 ? t("sensors.no-match") : t("waiting.readings");
}

function matches(sensor: Sensor, filter: string): boolean {
  const text = `${sensor.id} ${sensor.type} ${nameOf("type", sensor.type)} ${sensor.location}`.toLowerCase();
  return filter.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

function fill(row: SensorRow, sensor: Sensor, serverNow: number, isOnline: boolean): void {
  setText(row.type, nameOf("type", sensor.type));
  setText(row.location, sensor.location);
  setText(row.value, formatValue(sensor.latest.value));
  setText(row.unit, formatUnit(sensor.unit));
  setAttribute(row.trend, "d", sparklinePath(sensor.series.points, TREND.width, TREND.height));
  fillBattery(row, sensor.latest.battery_level);
  setText(row.seen, formatAgo(serverNow - sensor.seenAt));
  setAttribute(row.seen, "title", t("sensors.measured", formatDateTime(sensor.latestAt)));
  row.root.classList.toggle("quiet", !isOnline);
}

function fillBattery(row: SensorRow, percent: number | undefined): void {
  setHidden(row.battery, percent === undefined);
  setText(row.level, percent === undefined ? t("unknown") : formatPercent(percent));
  if (percent !== undefined && row.battery.value !== percent) row.battery.value = percent;
  row.level.classList.toggle("low", percent !== undefined && percent < LOW_BATTERY_PERCENT);
}

function sensorRow(id: string): SensorRow {
  const root = element("tr");
  root.dataset["sensorId"] = id;
  const name = element("th", "sensor");
  name.scope = "row";
  const type = element("span", "sub");
  name.append(sensorLink(id), type);
  const location = element("td");
  const valueCell = element("td", "number");
  const value = element("span", "reading");
  value.dataset["field"] = "value";
  const unit = element("span", "unit");
  valueCell.append(value, unit);
  const { cell: trendCell, path: trend } = trendCellWithPath();
  const batteryCell = element("td", "battery");
  const battery = batteryMeter(id);
  const level = element("span");
  batteryCell.append(battery, level);
  const seen = element("td", "number ago");
  root.append(name, location, valueCell, trendCell, batteryCell, seen);
  return { root, type, location, value, unit, trend, battery, level, seen };
}

function batteryMeter(id: string): HTMLMeterElement {
  const meter = element("meter");
  Object.assign(meter, { min: 0, max: 100, low: LOW_BATTERY_PERCENT, optimum: 100 });
  meter.setAttribute("aria-label", t("sensors.battery", id));
  return meter;
}

function trendCellWithPath(): { cell: HTMLTableCellElement; path: SVGPathElement } {
  const namespace = "http://www.w3.org/2000/svg";
  const cell = element("td", "trend");
  const svg = document.createElementNS(namespace, "svg");
  svg.setAttribute("viewBox", `0 -1 ${TREND.width} ${TREND.height + 2}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(namespace, "path");
  svg.append(path);
  cell.append(svg);
  return { cell, path };
}
