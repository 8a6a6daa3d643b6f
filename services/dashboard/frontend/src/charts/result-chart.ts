// One picture of an analysis: bars or lines over categories. Draws what it is given, decides nothing.

import { BarController, BarElement, CategoryScale, Chart, LinearScale, LineController, LineElement, PointElement, Tooltip } from "chart.js";
import type { Bars } from "../analyses";
import { formatValue } from "../format";
import { currentPalette, onColourSchemeChange } from "./palette";

const FONT = { family: "Inter, system-ui, sans-serif", size: 11 };
type Value = number | [number, number] | null;

export class ResultChart {
  private shown: Bars | null = null;
  private readonly chart: Chart<"bar" | "line", Value[], string>;

  constructor(canvas: HTMLCanvasElement) {
    Chart.register(BarController, BarElement, LineController, LineElement, PointElement, CategoryScale, LinearScale, Tooltip);
    this.chart = new Chart<"bar" | "line", Value[], string>(canvas, {
      type: "bar",
      data: { labels: [], datasets: [] },
      options: {
        animation: false,
        responsive: true,
        maintainAspectRatio: false,
        interaction: { mode: "index", intersect: false },
        scales: {
          x: { grid: { display: false }, ticks: { font: FONT, autoSkipPadding: 12 } },
          y: { ticks: { font: FONT } },
        },
        plugins: { tooltip: { callbacks: { label: ({ dataset, raw }) => `${dataset.label}: ${valueText(raw as Value)}` } } },
      },
    });
    onColourSchemeChange(() => this.draw());
  }

  show(bars: Bars): void {
    this.shown = bars;
    this.draw();
  }

  /** Datasets are made anew: Chart.js keeps the resolved colours of one that it knows. */
  private draw(): void {
    if (this.shown === null) return;
    const palette = currentPalette();
    const { kind, labels, series, ends } = this.shown;
    this.chart.data.labels = labels;
    this.chart.data.datasets = series.map(({ label, values }, index) => {
      const colour = palette.series[index % palette.series.length]!;
      const style = { borderColor: colour, backgroundColor: colour, label, data: values };
      // A range can be narrower than a pixel.
      return kind === "bar" ? { ...style, type: kind, minBarLength: 4, maxBarThickness: 28 } : { ...style, type: kind, borderWidth: 2, pointRadius: 2 };
    });
    Object.assign(this.chart.options.scales!.y!, { min: ends?.[0], max: ends?.[1] });
    for (const scale of Object.values(this.chart.options.scales!)) {
      Object.assign(scale!.ticks!, { color: palette.text });
      Object.assign(scale!.grid!, { color: palette.grid });
    }
    this.chart.update("none");
  }
}

function valueText(value: Value): string {
  return Array.isArray(value) ? value.map(formatValue).join(" – ") : formatValue(value);
}
