// The line chart: one line per sensor, anomalous readings marked. Draws what it is given, decides nothing.

import {
  Chart,
  type ChartDataset,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  type Scale,
  Tooltip,
  type TooltipItem,
} from "chart.js";
import { formatClock, formatDate, formatDateTime, formatNumber, formatValue } from "../format";
import { t } from "../i18n/catalogue";
import type { Point } from "../series";
import { currentPalette, type Palette } from "./palette";
import { type Range, timeTicks } from "./scales";

export interface Line {
  label: string;
  /** Position in the palette. */
  colour: number;
  points: readonly Point[];
}

/** A marked reading; `y` is where it is drawn, `value` what was measured. */
export interface Mark {
  x: number;
  y: number;
  value: number;
  label: string;
}

/** What was expected at a time. */
export interface BandPoint {
  x: number;
  low: number;
  high: number;
}

export interface ChartContent {
  lines: readonly Line[];
  anomalies: readonly Mark[];
  /** By time; null ends a part of it. */
  band?: readonly (BandPoint | null)[];
  x: Range;
  y: Range;
  unit: string;
}

type Dataset = ChartDataset<"line", { x: number; y: number }[]>;
const FONT = { family: "Inter, system-ui, sans-serif", size: 11 };
const TICKS_PER_PIXEL = 1 / 90;
const DAY_MS = 86_400_000;

export class LiveChart {
  private readonly chart: Chart<"line", { x: number; y: number }[]>;
  private palette: Palette = currentPalette();
  private unit = "";
  private band: readonly (BandPoint | null)[] = [];

  constructor(canvas: HTMLCanvasElement) {
    Chart.register(LineController, LineElement, PointElement, LinearScale, Tooltip);
    this.chart = new Chart(canvas, {
      type: "line",
      data: { datasets: [] },
      plugins: [{ id: "band", beforeDatasetsDraw: (chart) => this.drawBand(chart) }],
      options: {
        parsing: false,
        normalized: true,
        animation: false,
        responsive: true,
        maintainAspectRatio: false,
        interaction: { mode: "nearest", intersect: false, axis: "xy" },
        layout: { padding: { top: 6 } },
        scales: { x: this.timeScale(), y: this.valueScale() },
        plugins: { tooltip: this.tooltip() },
      },
    });
    this.applyColours();
  }

  /** Show `content`, drawn once. */
  show(content: ChartContent): void {
    const { x, y } = this.chart.options.scales!;
    Object.assign(x!, content.x);
    Object.assign(y!, content.y);
    this.unit = content.unit;
    this.band = content.band ?? [];
    this.chart.data.datasets = [
      this.anomalyDataset(content.anomalies),
      ...content.lines.map((line) => this.lineDataset(line)),
    ];
    this.chart.update("none");
  }

  /** Take over the colours of the style sheet, which changed. */
  applyColours(): void {
    this.palette = currentPalette();
    for (const scale of Object.values(this.chart.options.scales!)) {
      scale!.ticks!.color = this.palette.text;
      scale!.grid!.color = this.palette.grid;
    }
    this.chart.update("none");
  }

  private lineDataset(line: Line): Dataset {
    const colour = this.palette.series[line.colour % this.palette.series.length]!;
    return {
      label: line.label,
      data: line.points as Point[],
      borderColor: colour,
      backgroundColor: colour,
      borderWidth: 1.6,
      borderJoinStyle: "round",
      pointRadius: line.points.length === 1 ? 2 : 0,
      pointHitRadius: 6,
      pointHoverRadius: 3.5,
    };
  }

  private anomalyDataset(marks: readonly Mark[]): Dataset {
    return {
      label: "anomaly",
      data: marks as Mark[],
      showLine: false,
      borderColor: this.palette.anomaly,
      backgroundColor: this.palette.surface,
      pointBorderWidth: 2,
      pointRadius: 4.5,
      pointHoverRadius: 6,
      pointHitRadius: 8,
      clip: 8,
    };
  }

  /** Fill each part of the band, below the lines. */
  private drawBand({ ctx, chartArea, scales }: Chart): void {
    if (this.band.length === 0) return;
    const place = (x: number, y: number): [number, number] => [scales.x!.getPixelForValue(x), scales.y!.getPixelForValue(y)];
    ctx.save();
    ctx.beginPath();
    ctx.rect(chartArea.left, chartArea.top, chartArea.width, chartArea.height);
    ctx.clip();
    ctx.fillStyle = `${this.palette.series[0]}22`;
    for (const part of partsOf(this.band)) {
      ctx.beginPath();
      for (const { x, high } of part) ctx.lineTo(...place(x, high));
      for (const { x, low } of part.toReversed()) ctx.lineTo(...place(x, low));
      ctx.fill();
    }
    ctx.restore();
  }

  private timeScale() {
    return {
      type: "linear" as const,
      grid: { drawTicks: false },
      border: { display: false },
      ticks: {
        font: FONT,
        padding: 6,
        maxRotation: 0,
        callback(this: Scale, value: string | number) {
          const isDays = this.max - this.min > DAY_MS;
          return isDays ? formatDate(Number(value)) : formatClock(Number(value));
        },
      },
      afterBuildTicks: (scale: Scale) => {
        const limit = Math.max(2, Math.floor((scale.width || scale.chart.width) * TICKS_PER_PIXEL));
        scale.ticks = timeTicks(scale, limit).map((value) => ({ value }));
      },
    };
  }

  private valueScale() {
    return {
      type: "linear" as const,
      grid: { drawTicks: false },
      border: { display: false },
      ticks: {
        font: FONT,
        padding: 8,
        maxTicksLimit: 7,
        includeBounds: false,
        callback: (value: string | number) => formatNumber(Number(value), { maximumSignificantDigits: 5 }),
      },
    };
  }

  private tooltip() {
    return {
      displayColors: false,
      titleFont: FONT,
      bodyFont: { ...FONT, size: 12 },
      callbacks: {
        title: (items: TooltipItem<"line">[]) => formatDateTime((items[0]!.raw as Point).x),
        label: (item: TooltipItem<"line">) => {
          const mark = item.raw as Partial<Mark> & Point;
          const name = mark.value === undefined ? item.dataset.label : t("chart.anomaly", mark.label ?? "");
          return `${name}: ${formatValue(mark.value ?? mark.y)} ${this.unit}`;
        },
      },
    };
  }
}

/** The parts of a band between the places where none is known. */
function partsOf(band: readonly (BandPoint | null)[]): BandPoint[][] {
  const parts: BandPoint[][] = [[]];
  for (const point of band) {
    if (point === null) parts.push([]);
    else parts.at(-1)!.push(point);
  }
  return parts.filter((part) => part.length > 1);
}
