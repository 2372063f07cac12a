import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { wait } from "./wait.ts";

const DAY_MS = 24 * 3600 * 1000;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test.each([1000, 30 * DAY_MS, 100 * DAY_MS])(
  "wait() lasts %i milliseconds, not less or more",
  async (waitMs) => {
    let isOver = false;
    const waiting = wait(waitMs).then(() => {
      isOver = true;
    });

    await vi.advanceTimersByTimeAsync(waitMs - 1);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(isOver).toBe(true);
    await waiting;
  },
);

test("wait() ends with the reason of its signal, and leaves no timer", async () => {
  const controller = new AbortController();
  const waiting = wait(DAY_MS, controller.signal);

  controller.abort(new Error("stopped"));

  await expect(waiting).rejects.toThrow("stopped");
  expect(vi.getTimerCount()).toBe(0);
  await expect(wait(DAY_MS, controller.signal)).rejects.toThrow("stopped");
});
