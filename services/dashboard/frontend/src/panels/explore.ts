// Any sensor, type or location over any of the ranges, from query-api. The address holds the view.

import { ask } from "../ask";
import { LiveChart } from "../charts/live-chart";
import { onColourSchemeChange } from "../charts/palette";
import { fullRange } from "../charts/scales";
import { byId, element, KeyedRows, setAttribute, setHidden, setText } from "../dom";
import { csvOf, type ExploredSeries, hashOf, linesOf, type Range, requestOf, type Subject, type View, viewOf } from "../explore";
import { formatUnit } from "../format";
import { t } from "../i18n/catalogue";

export class ExplorePanel {
  private readonly chart = new LiveChart(byId("explore-canvas"));
  private readonly legend = new KeyedRows(byId("explore-legend"), () => {
    const root = element("li");
    root.append(element("span", "dot"), element("span"));
    return { root };
  });
  private series: ExploredSeries[] = [];
  private asked = 0;

  constructor() {
    byId("explore-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const name = byId<HTMLInputElement>("explore-name").value.trim();
      const hash = hashOf({
        subject: byId<HTMLSelectElement>("explore-subject").value as Subject,
        name,
        range: byId<HTMLSelectElement>("explore-range").value as Range,
      });
      // An unchanged address tells of no change, but the reader asks for newer values.
      if (location.hash === hash) this.follow();
      else location.hash = hash;
    });
    byId("explore-csv").addEventListener("click", () => this.download());
    addEventListener("hashchange", () => this.follow());
    onColourSchemeChange(() => {
      this.chart.applyColours();
      this.draw();
    });
    this.follow();
  }

  /** Show the view that the address holds. */
  private follow(): void {
    const view = viewOf(location.hash);
    if (view === null) return;
    byId<HTMLSelectElement>("explore-subject").value = view.subject;
    byId<HTMLInputElement>("explore-name").value = view.name;
    byId<HTMLSelectElement>("explore-range").value = view.range;
    void this.load(view);
  }

  private async load(view: View): Promise<void> {
    const number = ++this.asked;
    setText(byId("explore-note"), t("explore.loading"));
    const answer = await ask<{ series: ExploredSeries[] }>(requestOf(view));
    // A newer question was asked meanwhile.
    if (number !== this.asked) return;
    const problem = typeof answer === "string" ? answer : null;
    this.series = typeof answer === "string" ? [] : answer.series.filter(({ rows }) => rows.length > 0);
    const empty = byId("explore-empty");
    setHidden(empty, this.series.length > 0);
    setText(empty, problem ?? t("explore.none", view.name));
    byId<HTMLButtonElement>("explore-csv").disabled = this.series.length === 0;
    this.draw();
  }

  private draw(): void {
    const { lines, anomalies, hidden } = linesOf(this.series);
    const points = lines.map((line) => line.points);
    const times = points.flatMap((line) => line.map(({ x }) => x));
    const units = new Set(this.series.map(({ unit }) => formatUnit(unit ?? "")));
    setText(byId("explore-note"), hidden > 0 ? t("explore.hidden", hidden) : [...units].join(", "));
    this.legend.show(lines.map(({ label }) => label), ({ root }, label) => {
      const { colour } = lines.find((line) => line.label === label)!;
      setAttribute(root.firstElementChild!, "data-colour", String(colour + 1));
      setText(root.lastElementChild!, label);
    });
    const x = times.reduce((range, at) => ({ min: Math.min(range.min, at), max: Math.max(range.max, at) }), { min: Infinity, max: -Infinity });
    if (times.length === 0) this.chart.show({ lines: [], anomalies: [], x: { min: 0, max: 1 }, y: { min: 0, max: 1 }, unit: "" });
    else this.chart.show({ lines, anomalies, x, y: fullRange(points)!, unit: units.size === 1 ? [...units][0]! : "" });
  }

  private download(): void {
    const link = element("a");
    link.href = URL.createObjectURL(new Blob([csvOf(this.series)], { type: "text/csv" }));
    link.download = "readings.csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 0);
  }
}
