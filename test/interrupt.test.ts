import { readdir, readFile, stat } from "node:fs/promises";
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

const MIB = 1024 * 1024;

/** Of the image, those of the base and of the language: they have more than comes of them. */
const LARGE_LAYERS = 2;
/** So much comes, a piece each few milliseconds: a line of the journal is written each MiB, but not within a moment. */
const COMES = 2.5 * MIB;
const PIECE_MS = 10;

const PARTIAL = "out.tar.partial";
const JOURNAL = `${PARTIAL}.journal`;

const EXPORT = ["export", "-c", "selection.yaml", "-o", "out.tar", "--json"];

let site: Site;
let source: TestRegistry;
let isSlow = true;
/** Requests for layers of which more than that has to come. */
let asked: { readonly digest: string; readonly offset: number }[];

beforeEach(async () => {
  isSlow = true;
  asked = [];
  const store = createMemoryStore();
  await buildFleet(store, { repositories: ["spaceone/app"], layerSize: MIB });
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

/** Gives the first part of a large layer only, as long as it is slow. */
function slowly(openBlob: OpenBlob): OpenBlob {
  return async function* openSlowly(descriptor, options = {}) {
    const { digest, size } = descriptor;
    const { offset = 0, signal } = options;
    const abort = signal === undefined ? {} : { signal };
    const isLarge = size > COMES;
    if (isLarge) asked.push({ digest, offset });
    let sent = 0;
    for await (const chunk of openBlob(descriptor, options)) {
      yield chunk;
      sent += chunk.length;
      if (isSlow && isLarge) await sleep(sent < COMES ? PIECE_MS : 2 * STOP_WITHIN_MS, undefined, abort);
    }
  };
}

/** How many of the large layers the journal says something of. */
async function countNoted(): Promise<number> {
  const isThere = (await readdir(site.directory)).includes(JOURNAL);
  const journal = isThere ? await readFile(site.path(JOURNAL), "utf8") : "";
  return asked.filter(({ digest }) => journal.includes(digest)).length;
}

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)(
  "row 106: %s in the middle of an export ends it with %i, and the next run goes on with what was kept",
  async (signal, exitCode) => {
    const { child, finished } = site.start(EXPORT);
    await expect.poll(countNoted, { timeout: STOP_WITHIN_MS }).toBe(LARGE_LAYERS);
    const stoppedAt = performance.now();

    child.kill(signal);

    const run = await finished;
    expect(performance.now() - stoppedAt).toBeLessThan(STOP_WITHIN_MS);
    expect(run.exitCode).toBe(exitCode);
    expect(readDocument(run, ErrorDocument).error.code).toBe("INTERRUPTED");
    expect((await readdir(site.directory)).sort()).toEqual(["cache", PARTIAL, JOURNAL, "selection.yaml"]);
    expect((await stat(site.path(PARTIAL))).size).toBeGreaterThan(MIB);
    expect(await countNoted()).toBe(LARGE_LAYERS);
    await expectToGoOn();
  },
);

/** Does the same command finish, and fetch of the large layers only what is not there? */
async function expectToGoOn(): Promise<void> {
  isSlow = false;
  asked = [];
  source.takeCounts();

  const run = await site.run(EXPORT);

  expect(run.exitCode).toBe(0);
  expect(readDocument(run, ExportDocument)).toMatchObject({ images: 1, failed: [] });
  // The index, of which one platform is taken, and its manifest: for both referrers are asked for.
  const forReferrers = { "GET tags": 1, "GET referrers": 2 };
  const { "GET blob": blobs = 0, ...others } = source.takeCounts();
  expect(others).toEqual({ ...forReferrers, "HEAD manifest": 1 });
  expect(blobs).toBeLessThanOrEqual(4);
  expect(asked).toHaveLength(LARGE_LAYERS);
  for (const { offset } of asked) expect(offset).toBeGreaterThanOrEqual(MIB);
}
