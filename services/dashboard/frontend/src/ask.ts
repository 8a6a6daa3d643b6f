// One question to the service, and why there is no answer.

import { problemText } from "./history";
import { historyProblem } from "./overview";

/** What `path` answers, or why it does not, for a person; a body is posted. */
export async function ask<T extends object>(path: string, body?: object): Promise<T | string> {
  const headers = { accept: "application/json", "content-type": "application/json" };
  try {
    const response = await fetch(path, body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers });
    const answer: unknown = await response.json();
    if (response.ok) return answer as T;
    return historyProblem(response.status, problemText(response.status, answer))!;
  } catch (error) {
    return historyProblem(null, error instanceof Error ? error.message : String(error))!;
  }
}
