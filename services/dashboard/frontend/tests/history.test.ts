import assert from "node:assert/strict";
import { mock, type TestContext, test } from "node:test";
import { type Answered, Poll } from "../src/history";

const INTERVAL_MS = 2000;

/** A poll whose questions stay open until the test answers them. */
function setUp(t: TestContext) {
  mock.timers.enable({ apis: ["setTimeout"] });
  const open: ((response: Response) => void)[] = [];
  const asked = mock.method(globalThis, "fetch", () => new Promise<Response>((resolve) => open.push(resolve)));
  t.after(() => {
    mock.timers.reset();
    asked.mock.restore();
  });
  const answers: Answered<unknown>[] = [];
  let onAnswer = () => {};
  const poll = new Poll<unknown>("/api/x", INTERVAL_MS, (answered) => {
    answers.push(answered);
    onAnswer();
  });
  const answer = (status: number, body: object) =>
    new Promise<void>((resolve) => {
      // The next question is set one step after its caller was told.
      onAnswer = () => void Promise.resolve().then(resolve);
      open.shift()!(new Response(JSON.stringify(body), { status }));
    });
  return { poll, answers, answer, asked: () => asked.mock.callCount() };
}

test("a question follows an interval after the last answer", async (t) => {
  const { poll, answer, asked } = setUp(t);
  poll.start();
  await answer(200, {});
  mock.timers.tick(INTERVAL_MS - 1);
  assert.equal(asked(), 1);
  mock.timers.tick(1);
  assert.equal(asked(), 2);
});

test("a page that is hidden and seen again during one question still asks one at a time", async (t) => {
  const { poll, answer, asked } = setUp(t);
  poll.start();
  poll.stop();
  poll.start();
  assert.equal(asked(), 1);
  await answer(200, {});
  mock.timers.tick(INTERVAL_MS);
  assert.equal(asked(), 2);
});

test("a page that stays hidden asks no more", async (t) => {
  const { poll, answer, asked } = setUp(t);
  poll.start();
  poll.stop();
  await answer(200, {});
  mock.timers.tick(10 * INTERVAL_MS);
  assert.equal(asked(), 1);
});

test("a problem is told beside the last good answer, and goes with the next one", async (t) => {
  const { poll, answers, answer } = setUp(t);
  poll.start();
  await answer(200, { rows: 1 });
  mock.timers.tick(INTERVAL_MS);
  await answer(503, { detail: "away" });
  mock.timers.tick(INTERVAL_MS);
  await answer(200, { rows: 2 });
  const told = answers.map(({ value, problem, status }) => ({ value, problem, status }));
  assert.deepEqual(told, [
    { value: { rows: 1 }, problem: null, status: 200 },
    { value: { rows: 1 }, problem: "away", status: 503 },
    { value: { rows: 2 }, problem: null, status: 200 },
  ]);
});

test("an answer to a question that is older than what was learned otherwise does not count", async (t) => {
  const { poll, answers, answer, asked } = setUp(t);
  poll.start();
  poll.update({ rows: 2 });
  void answer(200, { rows: 1 });
  while (asked() < 2) {
    await new Promise((resolve) => setImmediate(resolve));
    mock.timers.tick(INTERVAL_MS);
  }
  await answer(200, { rows: 3 });
  assert.deepEqual(answers.map(({ value }) => value), [{ rows: 2 }, { rows: 3 }]);
});
