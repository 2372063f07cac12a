import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeBlob, makeImage, putManifest } from "./support/images.ts";
import type { StartedRun } from "./support/run-bundle.ts";
import { openSite, type Site } from "./support/site.ts";
import { openTestRegistry, type TestRegistry } from "./support/test-registry.ts";

/** Far more than any pipe holds. */
const LAYER = makeBlob(Buffer.alloc(8 * 1024 * 1024));
/** Far more than stopping takes. */
const STOP_WITHIN_MS = 20_000;

let site: Site;
let source: TestRegistry;

beforeAll(async () => {
  site = await openSite();
  source = await openTestRegistry();
  const image = makeImage([], "linux/amd64", { layers: [LAYER.descriptor] });
  const blobs = [...image.blobs, LAYER];
  await putManifest(source.store.openRepository("team/app"), { ...image, blobs }, "1");
  await site.select("selection.yaml", {
    registry: source.host,
    mappings: [{ from: "team/app", tags: ["1"] }],
  });
});

afterAll(async () => {
  await source.close();
  await site.close();
});

/** An export of which the first bytes are there to be read. */
async function startPiped(): Promise<StartedRun> {
  const run = site.start(["export", "-c", "selection.yaml", "-o", "-"], { readsStdout: false });
  await once(run.child.stdout, "readable");
  return run;
}

test("SIGTERM ends an export whose reader has stopped reading", async () => {
  const { child, finished } = await startPiped();
  // The pipe has to be full.
  await sleep(500);
  const stoppedAt = performance.now();

  child.kill("SIGTERM");

  const { exitCode, stderr } = await finished;
  expect(performance.now() - stoppedAt).toBeLessThan(STOP_WITHIN_MS);
  expect(exitCode).toBe(143);
  expect(stderr).toContain("Error: Interrupted by SIGTERM");
});

test("row 107: an export whose reader ends says so", async () => {
  const { child, finished } = await startPiped();

  child.stdout.destroy();

  const { exitCode, stderr } = await finished;
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/Error: Cannot write the bundle to stdout: the reader has ended\n +Look at what/);
});
