import { setTimeout as sleep } from "node:timers/promises";
import { createMemoryStore, type StoreRepository } from "@airgap-bundle/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { alterStore } from "./support/alter-store.ts";
import { writeBundle } from "./support/bundles.ts";
import { ImportDocument, readDocument } from "./support/documents.ts";
import { makeImage } from "./support/images.ts";
import { openSite, type Site } from "./support/site.ts";
import { openTestRegistry, type TestRegistry } from "./support/test-registry.ts";

const MIB = 1024 * 1024;
const IMAGE = makeImage(["1".repeat(4 * MIB), "2".repeat(3 * MIB), "3".repeat(2 * MIB)]);
/** The largest goes first. */
const [FIRST = 0, ...OTHERS] = IMAGE.blobs.map(({ descriptor }) => descriptor.size).sort((a, b) => b - a);
/** What has not arrived when the second blob is on its way. */
const MISSING = OTHERS.reduce((sum, size) => sum + size, 0);

/** Cancelling may take five seconds, and the command has to end. */
const STOP_WITHIN_MS = 10_000;

let site: Site;
let target: TestRegistry;
let isSlow: boolean;
/** Bytes that have come in uploads; of the run that is going on, for what was sent before may still trickle in. */
let received: { size: number };
/** Resolves when the first bytes of the second blob have come; the others take longer than any test. */
let begun: PromiseWithResolvers<void>;

beforeEach(async () => {
  isSlow = true;
  received = { size: 0 };
  begun = Promise.withResolvers();
  site = await openSite();
  await writeBundle(site.path("out.tar"), [["r.io/app:1", IMAGE]]);
  target = await openTestRegistry({ store: alterStore(createMemoryStore(), slowDown) });
});

afterEach(async () => {
  await target.close();
  await site.close();
});

function slowDown({ appendUpload }: StoreRepository): Partial<StoreRepository> {
  return { appendUpload: async (id, content) => await appendUpload(id, count(content)) };
}

async function* count(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const own = received;
  for await (const chunk of content) {
    own.size += chunk.length;
    yield chunk;
    if (!isSlow || own.size <= FIRST) continue;
    begun.resolve();
    await sleep(1000);
  }
}

test.each([
  ["SIGKILL", null],
  ["SIGINT", 130],
] as const)(
  "rows 105 and 106: after %s an import sends only what has not arrived",
  async (signal, exitCode) => {
    const args = ["import", "out.tar", "--to", target.host, "--jobs", "1", "--json"];
    const { child, finished } = site.start(args);
    await begun.promise;
    const stoppedAt = performance.now();
    child.kill(signal);
    expect((await finished).exitCode).toBe(exitCode);
    expect(performance.now() - stoppedAt).toBeLessThan(STOP_WITHIN_MS);
    // One of the question whether the repository may be written, one of the blob that was on its way.
    expect(target.takeCounts()).toMatchObject({ "DELETE upload": signal === "SIGINT" ? 2 : 1 });
    isSlow = false;
    received = { size: 0 };

    const run = await site.run(args);

    expect(readDocument(run, ImportDocument)).toMatchObject({
      images: [{ status: "pushed" }],
      blobs: { uploaded: 3, existing: 1 },
    });
    expect(received.size).toBe(MISSING);
    expect(await target.store.openRepository("app").resolve("1")).toEqual(IMAGE.descriptor);
  },
);
