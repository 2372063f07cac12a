import type { Dispatcher } from "undici";
import { expect, test } from "vitest";
import { createRateMeter } from "./rate-meter.ts";
import { requireRate } from "./require-rate.ts";

const SECOND_MS = 1000;

interface Scene {
  /** Bytes come after so many milliseconds, while the reader takes them or does not. */
  receive(size: number, afterMs: number, isPaused?: boolean): void;
  /** What the answer was ended with. */
  readonly aborted: Error[];
  /** Bytes that were passed on. */
  passed(): number;
}

function watch(): Scene {
  const aborted: Error[] = [];
  let ms = 0;
  let passed = 0;
  const onResponseData: Dispatcher.DispatchHandler["onResponseData"] = (_controller, chunk) => {
    passed += chunk.length;
  };
  const handler = requireRate(
    { onResponseData },
    createRateMeter(() => ms),
  );
  return {
    aborted,
    passed: () => passed,
    receive(size, afterMs, paused = false) {
      ms += afterMs;
      const controller = { paused, abort: (error: Error) => aborted.push(error) };
      handler.onResponseData?.(controller as unknown as Dispatcher.DispatchController, Buffer.alloc(size));
    },
  };
}

test("row 49: requireRate() ends an answer of a byte every thirty seconds after two minutes", () => {
  const { aborted, receive } = watch();

  for (let byte = 0; byte < 4; byte++) receive(1, 30 * SECOND_MS);
  expect(aborted).toEqual([]);
  receive(1, 30 * SECOND_MS);

  expect(aborted).toEqual([expect.objectContaining({ code: "CONNECTION_FAILED" })]);
});

test("row 49: requireRate() lets a slow line go on", () => {
  const { aborted, passed, receive } = watch();

  for (let second = 0; second < 1000; second += 10) receive(10 * 1024, 10 * SECOND_MS);

  expect(aborted).toEqual([]);
  expect(passed()).toBe(1000 * 1024);
});

test("requireRate() does not blame the sender for a reader that waits", () => {
  const { aborted, receive } = watch();
  receive(1, 0);
  receive(300 * 1024, SECOND_MS, true);

  receive(1, 3600 * SECOND_MS);
  receive(1, 100 * SECOND_MS);

  expect(aborted).toEqual([]);
});
