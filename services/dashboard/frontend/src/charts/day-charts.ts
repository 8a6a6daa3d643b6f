// The overview's charts: 24 hours by hour, and sensors by type.

import {
  ArcElement,
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  DoughnutController,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
} from "chart.js";
import { formatCount, formatValue } from "../format";
import { t } from "../i18n/catalogue";
import type { Hours } from "../overview";
import { currentPalette, onColourSchemeChange, SERIES_COLOURS } from "./palette";

const FONT = { family: "Inter, system-ui, sans-serif", size: 11 };

/** Mean temperature and humidity by hour as lines, anomalies as bars on an axis of their own. */
export class DayChart {
  private hours: Hours = { start: [], temperature: [], humidity: [], anomalies: [] };
  private readonly chart: Chart<"bar" | "line", (number | null)[], string>;

  constructor(canvas: HTMLCanvasElement) {
    Chart.register(BarController, BarElement, LineController, LineElement, PointElement, CategoryScale, LinearScale, Tooltip);
    this.chart = new Chart<"bar" | "line", (number | null)[], string>(canvas, {
      type: "line",
      data: {
        labels: [],
        datasets: [],
      },
      options: {
        animation: false,
        responsive: true,
        maintainAspectRatio: false,
        interaction: { mode: "index", intersect: false },
        scales: {
          x: { grid: { display: false }, ticks: { font: FONT, maxRotation: 0, autoSkipPadding: 16 } },
          y: { position: "left", ticks: { font: FONT }, title: { display: true, text: "°C, %", font: FONT } },
          anomalies: {
            position: "right",
            beginAtZero: true,
            suggestedMax: 4,
            grid: { drawOnChartArea: false },
            ticks: { font: FONT, precision: 0 },
            title: { display: true, text: t("day.anomalies"), font: FONT },
          },
        },
        plugins: {
          tooltip: {
            callbacks: {
              label: ({ dataset, parsed }) =>
                `${dataset.label}: ${dataset.type === "bar" ? formatCount(parsed.y) : formatValue(parsed.y)}`,
            },
          },
        },
      },
    });
    onColourSchemeChange(() => this.draw());
  }

  show(hours: Hours): void {
    this.hours = hours;
    this.draw();
  }

  /** Datasets are made anew: Chart.js keeps the resolved colours of one that it knows. */
  private draw(): void {
    const palette = currentPalette();
    const [temperature, humidity] = [palette.series[1]!, palette.series[0]!];
    const line = { type: "line", yAxisID: "y", borderWidth: 2, pointRadius: 2 } as const;
    const { start, ...hours } = this.hours;
    this.chart.data.labels = start.map((at) => `${String(new Date(at).getHours()).padStart(2, "0")}:00`);
    this.chart.data.datasets = [
      { ...line, label: t("day.temperature"), data: hours.temperature, borderColor: temperature, backgroundColor: temperature },
      { ...line, label: t("day.humidity"), data: hours.humidity, borderColor: humidity, backgroundColor: humidity },
      { type: "bar", label: t("day.anomalies"), data: hours.anomalies, yAxisID: "anomalies", backgroundColor: `${palette.anomaly}59`, order: 2 },
    ];
    for (const scale of Object.values(this.chart.options.scales!)) {
      Object.assign(scale!.ticks!, { color: palette.text });
      Object.assign(scale!.grid!, { color: palette.grid });
      if (scale && "title" in scale) Object.assign(scale.title as object, { color: palette.text });
    }
    this.chart.update("none");
  }
}

/** How many sensors there are of each type. */
export class TypesChart {
  private readonly chart: Chart<"doughnut", number[], string>;

  constructor(canvas: HTMLCanvasElement) {
    Chart.register(DoughnutController, ArcElement, Tooltip);
    this.chart = new Chart<"doughnut", number[], string>(canvas, {
      type: "doughnut",
      data: { labels: [], datasets: [{ data: [], borderWidth: 2 }] },
      options: { animation: false, responsive: true, maintainAspectRatio: false, cutout: "66%" },
    });
    this.colour();
    onColourSchemeChange(() => this.colour());
  }

  show(labels: string[], counts: number[]): void {
    this.chart.data.labels = labels;
    this.chart.data.datasets[0]!.data = counts;
    this.chart.update("none");
  }

  private colour(): void {
    const { series, surface } = currentPalette();
    const dataset = this.chart.data.datasets[0]!;
    dataset.backgroundColor = series.slice(0, SERIES_COLOURS);
    dataset.borderColor = surface;
    this.chart.update("none");
  }
}
