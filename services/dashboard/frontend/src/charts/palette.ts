// The chart's colours, from the style sheet, so that light and dark are decided in one place.

export const SERIES_COLOURS = 10;

export interface Palette {
  series: string[];
  anomaly: string;
  text: string;
  grid: string;
  surface: string;
}

/** The colours that hold now. */
export function currentPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  return {
    series: Array.from({ length: SERIES_COLOURS }, (_, index) => colour(`--series-${index + 1}`)),
    anomaly: colour("--critical"),
    text: colour("--text-muted"),
    grid: colour("--grid"),
    surface: colour("--surface"),
  };
}

/** Calls back when the system changes between light and dark. */
export function onColourSchemeChange(callback: () => void): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", callback);
}
