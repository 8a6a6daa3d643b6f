// The header: is the page live, how fresh is it, and was anything left out.

import { byId, setAttribute, setHidden, setText } from "../dom";
import { formatCount, formatSpan } from "../format";
import type { ConnectionState } from "../socket";
import type { Store } from "../store";

const GAP_SHOWN_MS = 15_000;

export class ConnectionPanel {
  private readonly pill = byId("connection");
  private readonly latency = byId("latency");
  private readonly gap = byId("gap");
  private state: ConnectionState = { kind: "connecting" };

  setState(state: ConnectionState): void {
    this.state = state;
    this.renderState(Date.now());
  }

  render(store: Store, nowMs: number): void {
    this.renderState(nowMs);
    const { newest } = store.eventToScreen();
    setText(this.latency, newest === null ? "" : `Newest reading arrived ${formatSpan(newest)} after it was measured`);
    const gapAt = store.conflatedAt;
    const isRecent = gapAt !== null && nowMs - gapAt < GAP_SHOWN_MS;
    setHidden(this.gap, !isRecent);
    if (isRecent) setText(this.gap, `Gap: ${formatCount(store.conflated)} readings left out, too many to show`);
  }

  private renderState(nowMs: number): void {
    setAttribute(this.pill, "data-connection", this.state.kind);
    setText(this.pill, this.stateText(nowMs));
  }

  private stateText(nowMs: number): string {
    switch (this.state.kind) {
      case "live":
        return "Live";
      case "connecting":
        return "Connecting";
      case "paused":
        return "Paused";
      case "reconnecting": {
        const seconds = Math.max(0, Math.ceil((this.state.retryAt - nowMs) / 1000));
        return `Reconnecting in ${seconds} s: ${this.state.reason}`;
      }
    }
  }
}
