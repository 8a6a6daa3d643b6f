// Orders to the simulated fleet; the service passes them on.

import { problemText } from "./history";
import { send } from "./session";

/** Status of the fleet. */
export interface FleetStatus {
  running: boolean;
  sensors: number;
  rate_per_s: number;
  sent: number;
  buffered: number;
  active_faults: { kind: string; sensor_id: string }[];
  last_error: string | null;
}

/** A fault that was injected; `ends_at` is null when it affects the next reading only. */
export interface InjectedFault {
  kind: string;
  sensors: string[];
  starts_at: string;
  ends_at: string | null;
}

export const FLEET = "/api/simulator";

/** Send an order; rejects with the error of the simulator or the service. */
export async function order<T>(method: "POST" | "PUT", path: string, body?: object): Promise<T> {
  const response = await send(`${FLEET}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  const answer: unknown = await response.json();
  if (response.ok) return answer as T;
  throw new Error(problemText(response.status, answer));
}
