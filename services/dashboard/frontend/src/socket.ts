// The WebSocket: connects, passes frames on, and reconnects with growing pauses.

import type { LiveFrame } from "./frames";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** Close code of a service that has its maximum of connections. */
const TRY_AGAIN_LATER = 1013;

/** Why there is no connection. */
export type LostReason = "lost" | "crowded" | "offline";

export type ConnectionState =
  | { kind: "connecting" }
  | { kind: "live" }
  | { kind: "reconnecting"; retryAt: number; reason: LostReason }
  | { kind: "paused" };

export interface SocketListener {
  onFrame(frame: LiveFrame): void;
  onState(state: ConnectionState): void;
}

/** Pause before attempt number `attempt` (from 0): doubles each time, with jitter so that pages don't reconnect together. */
export function pauseMs(attempt: number, random: number): number {
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt);
  return Math.round(longest * (0.5 + random / 2));
}

export class LiveSocket {
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private attempt = 0;

  constructor(
    private readonly url: string,
    private readonly listener: SocketListener,
    private readonly open: (url: string) => WebSocket = (address) => new WebSocket(address),
  ) {}

  /** Connect, unless connected or connecting. */
  start(): void {
    if (this.socket !== null) return;
    this.clearTimer();
    this.listener.onState({ kind: "connecting" });
    const socket = this.open(this.url);
    this.socket = socket;
    socket.onmessage = (event: MessageEvent<string>) => this.receive(JSON.parse(event.data) as LiveFrame);
    socket.onclose = (event) => this.closed(event);
  }

  /** Close and stay closed until `start`. */
  pause(): void {
    this.clearTimer();
    this.drop();
    this.attempt = 0;
    this.listener.onState({ kind: "paused" });
  }

  /** Reconnect at once, for example when the network is back. */
  retryNow(): void {
    this.attempt = 0;
    this.start();
  }

  /** Drop the connection without waiting for the other side, and reconnect. */
  abandon(reason: LostReason): void {
    if (this.socket === null) return;
    this.drop();
    this.scheduleRetry(reason);
  }

  private receive(frame: LiveFrame): void {
    if (frame.type === "snapshot") {
      this.attempt = 0;
      this.listener.onState({ kind: "live" });
    }
    this.listener.onFrame(frame);
  }

  private closed(event: CloseEvent): void {
    this.socket = null;
    this.scheduleRetry(event.code === TRY_AGAIN_LATER ? "crowded" : "lost");
  }

  private scheduleRetry(reason: LostReason): void {
    const pause = pauseMs(this.attempt++, Math.random());
    this.timer = setTimeout(() => this.start(), pause);
    this.listener.onState({ kind: "reconnecting", retryAt: Date.now() + pause, reason });
  }

  private drop(): void {
    if (this.socket === null) return;
    this.socket.onmessage = null;
    this.socket.onclose = null;
    this.socket.close();
    this.socket = null;
  }

  private clearTimer(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}
