import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { LiveFrame } from "../src/frames";
import { type ConnectionState, LiveSocket, pauseMs } from "../src/socket";

class FakeWebSocket {
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  closed = false;
  close(): void {
    this.closed = true;
  }
}

const NOTHING_YET = { readings: [], alerts: [], anomalies: [], windows: [] };
const SNAPSHOT = JSON.stringify({ type: "snapshot", ...NOTHING_YET, server_time: "2026-03-01T12:00:00Z" });

function setUp() {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const sockets: FakeWebSocket[] = [];
  const states: ConnectionState[] = [];
  const frames: LiveFrame[] = [];
  const live = new LiveSocket(
    "ws://here/ws/live",
    { onFrame: (frame) => frames.push(frame), onState: (state) => states.push(state) },
    () => {
      const socket = new FakeWebSocket();
      sockets.push(socket);
      return socket as unknown as WebSocket;
    },
  );
  live.start();
  return { live, sockets, frames, kinds: () => states.map(({ kind }) => kind), states };
}

test("pauses double up to half a minute, with jitter below", () => {
  assert.deepEqual([0, 1, 2, 20].map((attempt) => pauseMs(attempt, 1)), [500, 1000, 2000, 30_000]);
  assert.equal(pauseMs(1, 0), 500);
});

test("the page is live once the snapshot is there, not when the socket opens", (t) => {
  t.after(() => mock.timers.reset());
  const { sockets, frames, kinds } = setUp();
  assert.deepEqual(kinds(), ["connecting"]);
  sockets[0]!.onmessage!({ data: SNAPSHOT });
  sockets[0]!.onmessage!({ data: JSON.stringify({ type: "readings", readings: [] }) });
  assert.deepEqual(kinds(), ["connecting", "live"]);
  assert.equal(frames.length, 2);
});

test("a lost connection is opened again after a pause", (t) => {
  t.after(() => mock.timers.reset());
  const { sockets, kinds } = setUp();
  sockets[0]!.onclose!({ code: 1006 });
  assert.equal(sockets.length, 1);
  mock.timers.tick(500);
  assert.equal(sockets.length, 2);
  assert.deepEqual(kinds(), ["connecting", "reconnecting", "connecting"]);
});

test("a full service is told as such", (t) => {
  t.after(() => mock.timers.reset());
  const { sockets, states } = setUp();
  sockets[0]!.onclose!({ code: 1013 });
  const state = states.at(-1)!;
  assert.ok(state.kind === "reconnecting" && state.reason === "crowded");
});

test("a paused page lets go of its connection and comes back only when started", (t) => {
  t.after(() => mock.timers.reset());
  const { live, sockets } = setUp();
  live.pause();
  assert.ok(sockets[0]!.closed);
  mock.timers.tick(120_000);
  assert.equal(sockets.length, 1);
  live.start();
  live.start();
  assert.equal(sockets.length, 2);
});

test("what a given-up connection still says is not heard", (t) => {
  t.after(() => mock.timers.reset());
  const { live, sockets } = setUp();
  live.abandon("offline");
  assert.equal(sockets[0]!.onmessage, null);
  mock.timers.tick(500);
  assert.equal(sockets.length, 2);
});
