import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openAnswersFuzz } from "./answers-fuzz.ts";
import { openBundleFuzz } from "./bundle-fuzz.ts";
import { runFuzz } from "./fuzz.ts";
import { openSelectionFuzz } from "./selection-fuzz.ts";

/** Always the same inputs; `npm run fuzz` makes others. */
const SEED = 1;

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "fuzz-"));
});

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

test.each([
  ["bundles", openBundleFuzz, 800],
  ["selections", openSelectionFuzz, 1500],
  ["answers", openAnswersFuzz, 200],
])("no mutated %s make anything happen but a refusal or what they say", async (_, open, count) => {
  const fuzz = await open(directory);

  const { outcomes } = await runFuzz(fuzz, { seed: SEED, count });

  // Some are taken and some are refused, or nothing is tested.
  expect(outcomes.size).toBeGreaterThan(4);
  await fuzz.close();
});
