// Statistics of the newest window of each sensor type and location.

import { byId, KeyedRows, setHidden, setText } from "../dom";
import { formatClock, formatUnit } from "../format";
import type { WindowStats } from "../frames";
import { nameOf, t } from "../i18n/catalogue";
import type { Store } from "../store";
import { fillStatistics, groupRow, type StatisticsRow, statisticsRow } from "./statistics-rows";

const MAX_WINDOWS = 200;
const GROUP = "group ";

export class WindowsPanel {
  private readonly rows = new KeyedRows<StatisticsRow>(byId("windows-rows"), (key) =>
    key.startsWith(GROUP) ? groupRow() : statisticsRow(),
  );

  render(store: Store): void {
    const windows = [...store.windows.values()].sort(byTypeAndLocation).slice(0, MAX_WINDOWS);
    setHidden(byId("windows-empty"), windows.length > 0);
    setText(byId("windows-note"), windowNote(windows));
    const entries = new Map<string, WindowStats>();
    for (const window of windows) {
      const group = `${GROUP}${window.sensor_type}`;
      if (!entries.has(group)) entries.set(group, window);
      entries.set(`${window.sensor_type} ${window.location}`, window);
    }
    const units = new Map([...store.sensors.values()].map((sensor) => [sensor.type, formatUnit(sensor.unit)]));
    this.rows.show([...entries.keys()], (row, key) => {
      const window = entries.get(key)!;
      if (key.startsWith(GROUP)) setText(row.name, groupName(window.sensor_type, units));
      else fillStatistics(row, window.location, { ...window, mean: window.avg, anomalies: window.anomaly_count });
    });
  }
}

function byTypeAndLocation(a: WindowStats, b: WindowStats): number {
  return a.sensor_type.localeCompare(b.sensor_type, "en") || a.location.localeCompare(b.location, "en");
}

function groupName(type: string, units: ReadonlyMap<string, string>): string {
  const unit = units.get(type);
  return unit === undefined ? nameOf("type", type) : `${nameOf("type", type)}, ${unit}`;
}

/** The window of the most recent start; others are of the same minute unless their sensors are quiet. */
function windowNote(windows: readonly WindowStats[]): string {
  if (windows.length === 0) return "";
  const start = Math.max(...windows.map((window) => Date.parse(window.window_start)));
  const end = Math.max(...windows.map((window) => Date.parse(window.window_end)));
  return t("windows.note", formatClock(start), formatClock(end));
}
