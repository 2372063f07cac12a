import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { watchPace } from "./watch-pace.ts";

const CHUNK = Buffer.alloc(200_000);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function endingOf(chunk: Uint8Array, goesOn: boolean): unknown {
  let ending: unknown;
  const pace = watchPace({
    destroy: (error) => {
      ending = error;
    },
  });
  const receiver = pace.watch({ space: () => undefined, received: () => goesOn, closed: () => undefined });
  receiver.received(chunk);
  vi.advanceTimersByTime(120_000);
  pace.end();
  return ending;
}

test("row 49: watchPace() ends a connection that brings next to nothing", () => {
  expect(endingOf(CHUNK.subarray(0, 10), true)).toMatchObject({ code: "ETIMEDOUT" });
});

test("watchPace() leaves one that brings enough, and one whose reader is slow", () => {
  expect(endingOf(CHUNK, true)).toBeUndefined();
  expect(endingOf(CHUNK.subarray(0, 10), false)).toBeUndefined();
});
