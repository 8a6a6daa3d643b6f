// Which page an address leads to. Pure.

import { sensorViewOf } from "./sensor-page";

export type Page = "overview" | "sensor" | "pipeline";

export const PIPELINE_HASH = "#pipeline";

/** The page that the part of the address after # leads to. */
export function pageOf(hash: string): Page {
  if (hash === PIPELINE_HASH) return "pipeline";
  return sensorViewOf(hash) === null ? "overview" : "sensor";
}
