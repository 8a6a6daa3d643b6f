// Which page an address leads to. Pure.

import { ANALYSES_HASH, analysisOf } from "./analyses";
import { sensorViewOf } from "./sensor-page";

export type Page = "overview" | "sensor" | "pipeline" | "analyses";

export const PIPELINE_HASH = "#pipeline";

/** The page that the part of the address after # leads to. */
export function pageOf(hash: string): Page {
  if (hash === PIPELINE_HASH) return "pipeline";
  if (hash === ANALYSES_HASH || analysisOf(hash) !== null) return "analyses";
  return sensorViewOf(hash) === null ? "overview" : "sensor";
}
