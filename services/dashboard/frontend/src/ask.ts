// One question to the service, and why there is no answer.

import { problemText } from "./history";
import { historyProblem } from "./overview";
import { send } from "./session";

/** An answer, or the words of the one who refuses; `status` is null when nobody answered. */
export type Reply<T> = { value: T; status: number } | { problem: string; status: number | null };

/** Send a request; a body goes as JSON. */
export async function request<T extends object>(method: "GET" | "POST" | "PATCH", path: string, body?: object): Promise<Reply<T>> {
  const headers = { accept: "application/json", "content-type": "application/json" };
  try {
    const response = await send(path, body ? { method, headers, body: JSON.stringify(body) } : { method, headers });
    const answer: unknown = await response.json();
    if (response.ok) return { value: answer as T, status: response.status };
    return { problem: problemText(response.status, answer), status: response.status };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error), status: null };
  }
}

/** What `path` answers, or why it does not, for a person; a body is posted. */
export async function ask<T extends object>(path: string, body?: object): Promise<T | string> {
  const reply = await request<T>(body ? "POST" : "GET", path, body);
  return "value" in reply ? reply.value : historyProblem(reply.status, reply.problem)!;
}
