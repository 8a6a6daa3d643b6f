// A link to a sensor's own page.

import { element } from "../dom";
import { sensorHash } from "../sensor-page";

export function sensorLink(id: string): HTMLAnchorElement {
  const link = element("a", "", id);
  link.href = sensorHash({ id, range: "1h" });
  return link;
}
