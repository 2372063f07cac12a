import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { workOff } from "./work-off.ts";

describe("workOff()", () => {
  test("does what work brings up before the rest, as many at a time as allowed", async () => {
    const done: string[] = [];
    let busy = 0;
    let most = 0;
    await workOff(
      ["a", "b", "c"],
      async (item) => {
        most = Math.max(most, ++busy);
        await sleep(2);
        busy -= 1;
        done.push(item);
        return item === "a" ? Array.from({ length: 10 }, (_, i) => `a${i}`) : [];
      },
      { concurrency: 4 },
    );

    expect(most).toBe(4);
    expect(done).toHaveLength(13);
  });

  test("begins no more when something fails, and throws that", async () => {
    const begun: number[] = [];
    const outcome = workOff(
      [1, 2, 3, 4],
      async (item, signal) => {
        begun.push(item);
        if (item === 1) throw new RangeError("no");
        await sleep(10_000, undefined, { signal });
        return [];
      },
      { concurrency: 2 },
    );

    await expect(outcome).rejects.toThrow("no");
    expect(begun).toEqual([1, 2]);
  });

  test("wakes whoever waits for more when the last work fails", async () => {
    const outcome = workOff(
      [1],
      async () => {
        await sleep(5);
        throw new RangeError("no");
      },
      { concurrency: 3 },
    );

    await expect(outcome).rejects.toThrow("no");
  });

  test("ends at once where there is nothing to do", async () => {
    await workOff([], async () => await Promise.reject(new TypeError("nothing")), { concurrency: 3 });
  });
});
