import { expect, test } from "vitest";
import { closeAfter, closeOnFailure } from "./close-after.ts";

const WORK_ERROR = new Error("the work fails");
const CLOSE_ERROR = new Error("closing fails");

/** Notes when it is closed. */
function openNoting(closed: string[]): { close(): Promise<void> } {
  return { close: async () => void closed.push("closed") };
}

const unclosable = {
  async close(): Promise<void> {
    throw CLOSE_ERROR;
  },
};

async function fail(): Promise<never> {
  throw WORK_ERROR;
}

test("closeAfter() gives what the work does, once all is closed", async () => {
  const closed: string[] = [];

  expect(await closeAfter(openNoting(closed), async () => closed.length)).toBe(0);
  expect(closed).toEqual(["closed"]);
});

test.each([
  ["the work's error", openNoting([]), fail, WORK_ERROR],
  ["the work's error where closing fails too", unclosable, fail, WORK_ERROR],
  ["that of closing where the work has none", unclosable, async () => undefined, CLOSE_ERROR],
])("closeAfter() throws %s", async (_what, opened, work, error) => {
  await expect(closeAfter(opened, work)).rejects.toBe(error);
});

test("closeOnFailure() closes where the work fails, and only there", async () => {
  const closed: string[] = [];

  await closeOnFailure(openNoting(closed), async () => undefined);
  expect(closed).toEqual([]);

  await expect(closeOnFailure(openNoting(closed), fail)).rejects.toBe(WORK_ERROR);
  expect(closed).toEqual(["closed"]);
  await expect(closeOnFailure(unclosable, fail)).rejects.toBe(WORK_ERROR);
});
