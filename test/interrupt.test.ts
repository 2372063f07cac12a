import { readdir } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { createMemoryStore } from "@airgap-bundle/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { buildFleet } from "./fleet/build-fleet.ts";
import { alterStore } from "./support/alter-store.ts";
import { ErrorDocument, ExportDocument, readDocument } from "./support/documents.ts";
import { openSite, type Site } from "./support/site.ts";
import { openTestRegistry, type TestRegistry } from "./support/test-registry.ts";

/** Far more than stopping takes, far less than the layers would. */
const STOP_WITHIN_MS = 20_000;

/** There if any layer had arrived by then. */
const UNFINISHED = ["out.tar.partial", "out.tar.partial.journal"];

const EXPORT = ["export", "-c", "selection.yaml", "-o", "out.tar", "--json"];

let site: Site;
let source: TestRegistry;
let isSlow = true;
/** Resolves when the first part of a large layer has been sent; the rest never comes. */
let begun = Promise.withResolvers<void>();

beforeEach(async () => {
  isSlow = true;
  begun = Promise.withResolvers<void>();
  const store = createMemoryStore();
  await buildFleet(store, { repositories: ["spaceone/app"] });
  site = await openSite();
  source = await openTestRegistry({
    store: alterStore(store, ({ openBlob }) => ({ openBlob: slowly(openBlob) })),
  });
  await site.select("selection.yaml", {
    registry: source.host,
    mappings: [{ from: "spaceone/app", tags: ["1.11.0"] }],
  });
});

afterEach(async () => {
  await source.close();
  await site.close();
});

type OpenBlob = ReturnType<ReturnType<typeof createMemoryStore>["openRepository"]>["openBlob"];

function slowly(openBlob: OpenBlob): OpenBlob {
  return async function* openSlowly(descriptor, options = {}) {
    for await (const chunk of openBlob(descriptor, options)) {
      yield chunk;
      if (!isSlow || descriptor.size < 10_000) continue;
      begun.resolve();
      await sleep(
        2 * STOP_WITHIN_MS,
        undefined,
        options.signal === undefined ? {} : { signal: options.signal },
      );
    }
  };
}

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)(
  "row 106: %s in the middle of an export ends it with %i, and with nothing that cannot be gone on with",
  async (signal, exitCode) => {
    const { child, finished } = site.start(EXPORT);
    await begun.promise;
    const stoppedAt = performance.now();

    child.kill(signal);

    const run = await finished;
    expect(performance.now() - stoppedAt).toBeLessThan(STOP_WITHIN_MS);
    expect(run.exitCode).toBe(exitCode);
    expect(readDocument(run, ErrorDocument).error.code).toBe("INTERRUPTED");
    const left = await readdir(site.directory);
    expect(["cache", "selection.yaml", ...UNFINISHED]).toEqual(expect.arrayContaining(left));
  },
);

test("after an interruption the same command finishes, with what was kept", async () => {
  const { child, finished } = site.start(EXPORT);
  await begun.promise;
  child.kill("SIGINT");
  await finished;
  isSlow = false;
  source.takeCounts();

  const run = await site.run(EXPORT);

  expect(run.exitCode).toBe(0);
  expect(readDocument(run, ExportDocument)).toMatchObject({ images: 1, failed: [] });
  // The index, of which one platform is taken, and its manifest: for both referrers are asked for.
  const forReferrers = { "GET tags": 1, "GET referrers": 2 };
  const { "GET blob": blobs = 0, ...others } = source.takeCounts();
  expect(others).toEqual({ ...forReferrers, "HEAD manifest": 1 });
  expect(blobs).toBeGreaterThan(0);
  expect(blobs).toBeLessThanOrEqual(4);
});
