import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { mapConcurrent } from "./map-concurrent.ts";

test("mapConcurrent() gives results in the items' order, whatever ends first", async () => {
  const work = async (waitMs: number): Promise<number> => {
    await sleep(waitMs);
    return waitMs;
  };

  expect(await mapConcurrent([30, 10, 20, 0], work, { concurrency: 4 })).toEqual([30, 10, 20, 0]);
});

test.each([
  [1, 1],
  [3, 3],
  [100, 10],
])("mapConcurrent() with concurrency %i does %i of ten at once", async (concurrency, expected) => {
  let running = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    running += 1;
    most = Math.max(most, running);
    await sleep(1);
    running -= 1;
  };

  await mapConcurrent(Array(10).fill(0), work, { concurrency });

  expect(most).toBe(expected);
});

test("mapConcurrent() of nothing is nothing", async () => {
  const work = async (): Promise<never> => {
    throw new Error("never called");
  };

  expect(await mapConcurrent([], work, { concurrency: 2 })).toEqual([]);
});

test("mapConcurrent() aborts the others at the first failure, waits for them and throws it", async () => {
  const failure = new Error("first");
  const ended: string[] = [];
  const work = async (item: string, signal: AbortSignal): Promise<void> => {
    if (item === "fails") throw failure;
    try {
      await sleep(60_000, undefined, { signal });
    } catch {
      await sleep(10);
      ended.push(item);
      throw new Error("a consequence");
    }
  };

  const result = mapConcurrent(["waits", "fails", "later"], work, { concurrency: 2 });

  await expect(result).rejects.toBe(failure);
  expect(ended).toEqual(["waits"]);
});

test("mapConcurrent() gives each item a signal that nothing of the others is left at", async () => {
  const signals: AbortSignal[] = [];
  const work = async (_item: number, signal: AbortSignal): Promise<void> => {
    signals.push(signal);
    await sleep(1, undefined, { signal });
  };

  await mapConcurrent([1, 2, 3, 4], work, { concurrency: 2 });

  expect(new Set(signals).size).toBe(4);
  expect(signals.some(({ aborted }) => aborted)).toBe(false);
});

test("mapConcurrent() begins nothing more after a failure", async () => {
  const begun: number[] = [];
  const work = async (item: number): Promise<void> => {
    begun.push(item);
    if (item === 2) throw new Error("two");
  };

  await expect(mapConcurrent([1, 2, 3, 4], work, { concurrency: 1 })).rejects.toThrow("two");
  expect(begun).toEqual([1, 2]);
});

test("mapConcurrent() throws the abort reason when all have ended", async () => {
  const controller = new AbortController();
  const reason = new Error("stopped by the user");
  let ended = 0;
  const work = async (_item: number, signal: AbortSignal): Promise<void> => {
    try {
      await sleep(60_000, undefined, { signal });
    } finally {
      ended += 1;
    }
  };

  const result = mapConcurrent([1, 2, 3], work, { concurrency: 2, signal: controller.signal });
  controller.abort(reason);

  await expect(result).rejects.toBe(reason);
  expect(ended).toBe(2);
});

test("mapConcurrent() does nothing under a signal that is aborted already", async () => {
  const begun: number[] = [];
  const work = async (item: number): Promise<void> => {
    begun.push(item);
  };

  const result = mapConcurrent([1], work, { concurrency: 1, signal: AbortSignal.abort(new Error("gone")) });

  await expect(result).rejects.toThrow("gone");
  expect(begun).toEqual([]);
});
