// The analyses' page: when each ran, and what the chosen one found.

import { type Analysis, analysisOf, barsOf, cellText, choicesOf, durationText, hashOfAnalysis, headingOf, isNumber, rangeText, type Result } from "../analyses";
import { ask } from "../ask";
import { ResultChart } from "../charts/result-chart";
import { byId, element, KeyedRows, type Row, setAttribute, setHidden, setText } from "../dom";
import { formatCount, formatDateTime } from "../format";
import { type Answered, Poll } from "../history";
import { nameOf, t } from "../i18n/catalogue";
import { pageOf } from "../pages";
import { sensorLink } from "./sensor-link";

const INTERVAL_MS = 30_000;
const MAX_ROWS = 1000;
const FIGURES = 5;

interface AnalysisRow extends Row {
  link: HTMLAnchorElement;
  figures: HTMLElement[];
}

export class AnalysesPanel {
  private readonly poll = new Poll<{ analyses: Analysis[] }>("/api/analyses", INTERVAL_MS, (answered) => this.show(answered));
  private readonly rows = new KeyedRows(byId("analyses-rows"), analysisRow);
  private readonly choice = byId<HTMLSelectElement>("analysis-choice");
  private chart: ResultChart | null = null;
  private listed: Analysis[] = [];
  private result: Result | null = null;
  /** The analysis and the run whose result is shown or asked for. */
  private shown = "";
  private running = false;

  constructor() {
    addEventListener("hashchange", () => this.follow());
    this.choice.addEventListener("change", () => this.draw());
  }

  start(): void {
    this.running = true;
    this.follow();
  }

  stop(): void {
    this.running = false;
    this.poll.stop();
  }

  /** Nobody is asked while another page is shown. */
  private follow(): void {
    if (this.running && pageOf(location.hash) === "analyses") {
      this.poll.start();
      this.followChoice();
    } else this.poll.stop();
  }

  private show({ value, problem }: Answered<{ analyses: Analysis[] }>): void {
    this.listed = value?.analyses ?? [];
    const ran = this.listed.some(({ last_run }) => last_run !== null);
    setHidden(byId("analyses-stale"), value === null || problem === null);
    setText(byId("analyses-note"), problem === null ? t("analyses.note") : t("analyses.unavailable", problem));
    setHidden(byId("analyses-empty"), ran);
    if (problem !== null) setText(byId("analyses-empty"), t("analyses.unavailable", problem));
    else if (!ran) setText(byId("analyses-empty"), t("analyses.none"));
    const byName = new Map(this.listed.map((one) => [one.name, one]));
    this.rows.show([...byName.keys()], (row, name) => fill(row, byName.get(name)!));
    this.followChoice();
  }

  /** Ask for the result that the address names, when it or its last run is another than before. */
  private followChoice(): void {
    const name = analysisOf(location.hash);
    for (const link of byId("analyses-rows").querySelectorAll("a")) {
      if (name !== null && link.hash === hashOfAnalysis(name)) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    setHidden(byId("analysis"), name === null);
    const wanted = `${name} ${this.listed.find((one) => one.name === name)?.last_run?.finished_at ?? ""}`;
    if (name === null || wanted === this.shown) return;
    this.shown = wanted;
    void this.load(name, wanted);
  }

  private async load(name: string, wanted: string): Promise<void> {
    const answer = await ask<Result>(`/api/analyses/${encodeURIComponent(name)}?limit=${MAX_ROWS}`);
    // Another one was asked for meanwhile.
    if (this.shown !== wanted) return;
    this.result = typeof answer === "string" ? null : answer;
    // Asked for again with the next list.
    if (this.result === null) this.shown = "";
    setText(byId("analysis-title"), nameOf("analysis", name));
    const empty = byId("analysis-empty");
    setHidden(empty, (this.result?.rows.length ?? 0) > 0);
    setText(empty, typeof answer === "string" ? t("analyses.unavailable", answer) : t(answer.runs.length > 0 ? "analyses.empty" : "analyses.none"));
    this.fillTable();
    const choices = this.result === null ? [] : choicesOf(this.result);
    const before = this.choice.value;
    this.choice.replaceChildren(...choices.map((type) => new Option(nameOf("type", type), type, false, type === before)));
    setHidden(byId("analysis-choice-label"), choices.length === 0);
    this.draw();
  }

  private fillTable(): void {
    const { columns, rows, runs, truncated } = this.result ?? { columns: [], rows: [], runs: [], truncated: false };
    const [run] = runs;
    const notes = run === undefined ? [] : [rangeText(run), ...(truncated ? [t("analyses.truncated", formatCount(rows.length))] : [])];
    setText(byId("analysis-note"), notes.join(" · "));
    byId("analysis-columns").replaceChildren(
      ...columns.map((column) => {
        const heading = element("th", isNumber(column) ? "number" : "", headingOf(column));
        heading.scope = "col";
        return heading;
      }),
    );
    byId("analysis-rows").replaceChildren(
      ...rows.map((row) => {
        const root = element("tr");
        for (const column of columns) {
          const cell = element("td", isNumber(column) ? "number" : "");
          const value = row[column.name] ?? null;
          if (column.name === "sensor_id" && typeof value === "string") cell.append(sensorLink(value));
          else cell.textContent = cellText(column, value, row);
          root.append(cell);
        }
        return root;
      }),
    );
  }

  private draw(): void {
    const bars = this.result === null ? null : barsOf(this.result, this.choice.value);
    setHidden(byId("analysis-plot"), bars === null);
    setText(byId("analysis-chart-note"), bars?.note ?? "");
    const series = bars?.series ?? [];
    byId("analysis-legend").replaceChildren(...(series.length > 1 ? series.map(({ label }, index) => legendItem(label, index)) : []));
    if (bars === null) return;
    // Made when it is seen: Chart.js measures its place.
    this.chart ??= new ResultChart(byId("analysis-canvas"));
    this.chart.show(bars);
  }
}

function legendItem(label: string, index: number): HTMLElement {
  const item = element("li");
  const dot = element("span", "dot");
  dot.dataset.colour = String(index + 1);
  item.append(dot, element("span", "", label));
  return item;
}

function analysisRow(name: string): AnalysisRow {
  const root = element("tr");
  const heading = element("th");
  heading.scope = "row";
  const link = element("a", "", nameOf("analysis", name));
  link.href = hashOfAnalysis(name);
  heading.append(link);
  const figures = Array.from({ length: FIGURES }, (_, index) => element("td", index < 2 ? "" : "number"));
  root.append(heading, ...figures);
  return { root, link, figures };
}

function fill({ root, figures }: AnalysisRow, { name, last_run }: Analysis): void {
  setAttribute(root, "data-analysis", name);
  const texts = last_run === null
    ? ["", t("analyses.never"), "", "", ""]
    : [
        rangeText(last_run),
        formatDateTime(Date.parse(last_run.finished_at)),
        formatCount(last_run.input_rows),
        formatCount(last_run.rows),
        durationText(last_run.duration_s),
      ];
  figures.forEach((figure, index) => setText(figure, texts[index]!));
}
