// The last 24 hours: cards, the course by hour, sensors by type and a table of locations. From query-api.

import { DayChart, TypesChart } from "../charts/day-charts";
import { byId, element, KeyedRows, type Row, setAttribute, setHidden, setText } from "../dom";
import { formatCount, formatPercent, NOTHING } from "../format";
import type { Answered } from "../history";
import { nameOf, t } from "../i18n/catalogue";
import {
  batteryLevel,
  type DaySummary,
  historyProblem,
  hoursOf,
  type LocationKey,
  type Locations,
  sortLocations,
  type Timeseries,
  trend,
} from "../overview";
import { SERIES_COLOURS } from "../charts/palette";

interface LocationLine extends Row {
  cells: HTMLElement[];
}

export class OverviewPanel {
  private readonly day = new DayChart(byId("day-canvas"));
  private readonly types = new TypesChart(byId("types-canvas"));
  private readonly legend = new KeyedRows(byId("types-legend"), () => legendLine());
  private readonly rows = new KeyedRows(byId("locations-rows"), () => locationLine());
  private locations: Locations = { rows: [] };
  private key: LocationKey = "readings";
  private descending = true;

  constructor() {
    setText(byId("day-note"), t("day.note", Intl.DateTimeFormat().resolvedOptions().timeZone));
    for (const button of document.querySelectorAll<HTMLButtonElement>("#locations-head button")) {
      button.addEventListener("click", () => this.sortBy(button.dataset.key as LocationKey));
    }
  }

  /** Show an answer of `/api/summary`. */
  showSummary({ value, problem, status }: Answered<DaySummary>): void {
    // An older query-api answers without the figures of the day.
    const known = value?.sensors_total !== undefined ? value : null;
    const reason = historyProblem(status, problem) ?? (value === null ? "" : t("history.missing"));
    this.card("sensors", known && `${formatCount(known.sensors_active)} / ${formatCount(known.sensors_total)}`, known ? t("day.sensors.note") : reason);
    const change = known && trend(known.messages_24h, known.messages_24h_before);
    const size = formatPercent(Math.abs(change ?? 0) * 100, 1);
    const changed = change === null ? t("day.messages.none") : t(change >= 0 ? "day.messages.up" : "day.messages.down", size);
    this.card("messages-24h", known && formatCount(known.messages_24h), known ? changed : reason);
    const share = known?.messages_24h ? formatPercent((100 * (known.anomalies_24h ?? 0)) / known.messages_24h, 2) : null;
    this.card("anomalies-24h", known && formatCount(known.anomalies_24h), known ? (share === null ? "" : t("day.anomalies.share", share)) : reason);
    const battery = known?.mean_battery;
    const low = known?.low_batteries ?? 0;
    this.card(
      "mean-battery",
      battery === null || battery === undefined ? null : formatPercent(battery),
      known ? (low > 0 ? t("day.battery.low", formatCount(low)) : t("day.battery.fine")) : reason,
      low > 0 ? "warning" : "normal",
    );
    this.showTypes(known?.by_type ?? [], reason);
  }

  /** Show an answer of `/api/timeseries` by hour and type. */
  showDay({ value, problem, status }: Answered<Timeseries>): void {
    const empty = byId("day-empty");
    const has = value !== null && value.series.some(({ rows }) => rows.length > 0);
    setHidden(empty, has);
    setText(empty, historyProblem(status, problem) ?? t("day.empty"));
    setHidden(byId("day-stale"), !(has && problem !== null));
    if (value !== null) this.day.show(hoursOf(value, Date.now()));
  }

  /** Show an answer of `/api/locations`. */
  showLocations({ value, problem, status }: Answered<Locations>): void {
    this.locations = value ?? { rows: [] };
    setHidden(byId("locations-empty"), this.locations.rows.length > 0);
    setText(byId("locations-empty"), historyProblem(status, problem) ?? t("day.empty"));
    this.renderLocations();
  }

  private sortBy(key: LocationKey): void {
    this.descending = key === this.key ? !this.descending : key !== "location";
    this.key = key;
    this.renderLocations();
  }

  private renderLocations(): void {
    for (const head of document.querySelectorAll<HTMLElement>("#locations-head th")) {
      const sorted = head.querySelector("button")?.dataset.key === this.key;
      setAttribute(head, "aria-sort", sorted ? (this.descending ? "descending" : "ascending") : "none");
    }
    const sorted = sortLocations(this.locations.rows, this.key, this.descending);
    const byName = new Map(sorted.map((row) => [row.location, row]));
    this.rows.show([...byName.keys()], ({ cells }, name) => {
      const { sensors, readings, anomalies, mean_battery } = byName.get(name)!;
      const battery = mean_battery === null ? NOTHING : formatPercent(mean_battery);
      [name, formatCount(sensors), formatCount(readings), formatCount(anomalies), battery].forEach((text, index) =>
        setText(cells[index]!, text),
      );
      setAttribute(cells[4]!, "data-battery", batteryLevel(mean_battery));
    });
  }

  private showTypes(types: { sensor_type: string; sensors: number }[], reason: string): void {
    setHidden(byId("types-empty"), types.length > 0);
    setText(byId("types-empty"), reason || t("waiting.query-api"));
    const labels = types.map(({ sensor_type }) => nameOf("type", sensor_type));
    this.types.show(labels, types.map(({ sensors }) => sensors));
    this.legend.show(labels, ({ root }, label) => {
      const index = labels.indexOf(label);
      setAttribute(root.firstElementChild!, "data-colour", String((index % SERIES_COLOURS) + 1));
      setText(root.lastElementChild!, `${label} ${formatCount(types[index]!.sensors)}`);
    });
  }

  private card(name: string, figure: string | null, note: string, level = "normal"): void {
    const card = document.querySelector(`[data-day="${name}"]`)!;
    setText(card.querySelector(".figure")!, figure ?? NOTHING);
    setText(card.querySelector(".note")!, note);
    setAttribute(card, "data-level", level);
  }
}

function legendLine(): Row {
  const root = element("li");
  root.append(element("span", "dot"), element("span"));
  return { root };
}

function locationLine(): LocationLine {
  const root = element("tr");
  const name = element("th");
  name.scope = "row";
  const cells = [name, ...Array.from({ length: 4 }, () => element("td", "number"))];
  root.append(...cells);
  return { root, cells };
}
