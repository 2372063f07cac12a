import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  type NamedImages,
  openFilledCache,
  openSources,
  type ReplaceBlob,
  writeBundle,
} from "../../../../test/support/bundles.ts";
import { makeImage, makeIndex, planOf } from "../../../../test/support/images.ts";
import { BundleError } from "../error.ts";
import { streamBundle } from "./stream-bundle.ts";

const REDIS = makeImage(["base".repeat(9000), "redis"]);
const IMAGES: NamedImages = [
  ["redis:7", makeIndex([REDIS, makeImage(["redis for arm"], "linux/arm64")])],
  ["nginx:1", makeImage(["base".repeat(9000), "nginx"])],
];
const LAYER = REDIS.blobs[1]?.descriptor.digest;
const DENIED = new BundleError("DENIED", "Cannot fetch it");
const LOST = new BundleError("CONNECTION_FAILED", "Cannot fetch it", { retryAfterMs: 0 });

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "stream-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** What comes out of the pipe. */
async function stream(replace?: ReplaceBlob): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  const write = async (chunk: Uint8Array): Promise<void> => {
    chunks.push(chunk);
  };
  await streamBundle(planOf(IMAGES), write, {
    openSource: await openSources(IMAGES, [], replace),
    cache: await openFilledCache(join(directory, "cache"), IMAGES),
    heading: { createdBy: "test" },
    jobs: 2,
  });
  return Buffer.concat(chunks);
}

async function exportedBytes(): Promise<Buffer> {
  await writeBundle(join(directory, "out.tar"), IMAGES);
  return await readFile(join(directory, "out.tar"));
}

/** Chunks of which all but the last pass, then a lost connection. */
async function* broken(error: Error, text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text.repeat(100));
  yield Buffer.from("base");
  throw error;
}

/** The first attempt at the layer breaks off after this text, the next one does not. */
function breakOnce(text: string): ReplaceBlob {
  let attempts = 0;
  return ({ digest }) => {
    if (digest !== LAYER) return undefined;
    attempts += 1;
    return attempts === 1 ? broken(LOST, text) : undefined;
  };
}

test("streamBundle() writes the same bytes as exportBundle()", async () => {
  expect((await stream()).equals(await exportedBytes())).toBe(true);
});

test("streamBundle() goes on where a broken attempt ended", async () => {
  expect((await stream(breakOnce("base"))).equals(await exportedBytes())).toBe(true);
});

test("streamBundle() ends where a wrong part is in the pipe already", async () => {
  await expect(stream(breakOnce("BASE"))).rejects.toMatchObject({
    code: "DIGEST_INVALID",
    hint: expect.any(String),
  });
});

test("streamBundle() ends in the middle where a layer cannot be had", async () => {
  const streamed = stream(({ digest }) => (digest === LAYER ? broken(DENIED, "base") : undefined));

  await expect(streamed).rejects.toBe(DENIED);
});

test("streamBundle() writes nothing where every config is lost", async () => {
  expect(await stream(() => broken(DENIED, "x"))).toHaveLength(0);
});
