// The header: connection, latency, and skipped readings.

import { byId, setAttribute, setHidden, setText } from "../dom";
import { formatCount, formatSpan } from "../format";
import { t } from "../i18n/catalogue";
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
    setText(this.latency, newest === null ? "" : t("connection.latency", formatSpan(newest)));
    const isRecent = (at: number | null) => at !== null && nowMs - at < GAP_SHOWN_MS;
    const parts = [];
    if (isRecent(store.conflatedAt)) {
      parts.push(t("connection.gap", formatCount(store.conflated)));
    }
    if (isRecent(store.unreadableAt)) {
      parts.push(t("connection.unreadable", formatCount(store.unreadable)));
    }
    setHidden(this.gap, parts.length === 0);
    setText(this.gap, parts.join("; "));
  }

  private renderState(nowMs: number): void {
    setAttribute(this.pill, "data-connection", this.state.kind);
    setText(this.pill, this.stateText(nowMs));
  }

  private stateText(nowMs: number): string {
    switch (this.state.kind) {
      case "live":
        return t("connection.live");
      case "connecting":
        return t("connection.connecting");
      case "paused":
        return t("connection.paused");
      case "reconnecting": {
        const seconds = Math.max(0, Math.ceil((this.state.retryAt - nowMs) / 1000));
        return t("connection.reconnecting", formatCount(seconds), t(`connection.${this.state.reason}`));
      }
    }
  }
}
