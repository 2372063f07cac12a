import { mkdtemp, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BundleError } from "./error.ts";
import { digestOf } from "./hash.ts";
import { type MetadataCache, openMetadataCache } from "./metadata-cache.ts";
import { FILE_CHUNK_SIZE } from "./store/blob-directory.ts";

const CONTENT = Buffer.from(`{"schemaVersion":2}`);
const DESCRIPTOR = { mediaType: "x/y", digest: digestOf(CONTENT), size: CONTENT.length };

let directory: string;
let cache: MetadataCache;

const fetchContent = async (): Promise<Uint8Array> => CONTENT;
const fetchNothing = async (): Promise<never> => {
  throw new Error("fetched");
};
const pathOfContent = (): string => join(directory, "cache", "sha256", DESCRIPTOR.digest.slice(7));

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "cache-"));
  cache = openMetadataCache(join(directory, "cache"));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

test("an empty cache has nothing and makes no directory", async () => {
  expect(await cache.has(DESCRIPTOR)).toBe(false);
  expect(await cache.get(DESCRIPTOR)).toBeUndefined();
  expect(await readdir(directory)).toEqual([]);
});

test("getOrFetch() fetches once ever", async () => {
  const first = await cache.getOrFetch(DESCRIPTOR, fetchContent);
  const second = await cache.getOrFetch(DESCRIPTOR, fetchNothing);
  const later = openMetadataCache(join(directory, "cache"));
  const third = await later.getOrFetch(DESCRIPTOR, fetchNothing);

  for (const content of [first, second, third]) expect(Buffer.from(content)).toEqual(CONTENT);
  expect(await later.has(DESCRIPTOR)).toBe(true);
});

test("fetched counts what was fetched by this run, not what was put or there", async () => {
  await cache.getOrFetch(DESCRIPTOR, fetchContent);
  const later = openMetadataCache(join(directory, "cache"));
  await later.getOrFetch(DESCRIPTOR, fetchNothing);
  await later.put({ ...DESCRIPTOR, digest: digestOf("x"), size: 1 }, Buffer.from("x"));

  expect([...cache.fetched]).toEqual([DESCRIPTOR.digest]);
  expect([...later.fetched]).toEqual([]);
});

test.each([
  ["changed", async (path: string) => await writeFile(path, "x".repeat(CONTENT.length))],
  ["cut short", async (path: string) => await truncate(path, 3)],
  ["longer", async (path: string) => await writeFile(path, `${CONTENT}\n`)],
  ["empty", async (path: string) => await truncate(path, 0)],
  ["deleted", async (path: string) => await rm(path)],
])("what was %s meanwhile counts as absent and is fetched anew", async (_what, damage) => {
  await cache.put(DESCRIPTOR, CONTENT);
  await damage(pathOfContent());

  const damaged = await cache.get(DESCRIPTOR);
  const content = await cache.getOrFetch(DESCRIPTOR, fetchContent);

  expect(damaged).toBeUndefined();
  expect(Buffer.from(content)).toEqual(CONTENT);
  expect(Buffer.from((await cache.get(DESCRIPTOR)) ?? "")).toEqual(CONTENT);
});

test.each([
  ["DIGEST_INVALID", "x".repeat(CONTENT.length)],
  ["SIZE_INVALID", "x"],
])("getOrFetch() fails with %s where the wrong bytes are fetched, and keeps none", async (code, text) => {
  const fetchWrong = async (): Promise<Uint8Array> => Buffer.from(text);

  await expect(cache.getOrFetch(DESCRIPTOR, fetchWrong)).rejects.toMatchObject({ code });
  expect(await cache.has(DESCRIPTOR)).toBe(false);
  expect(cache.fetched.size).toBe(0);
});

test("getOrFetch() throws what fetching fails with", async () => {
  const failure = new BundleError("UNAVAILABLE", "Cannot fetch");
  const fetch = async (): Promise<never> => {
    throw failure;
  };

  await expect(cache.getOrFetch(DESCRIPTOR, fetch)).rejects.toBe(failure);
});

test("a cache whose place is taken by a file fails with FILE_FAILED", async () => {
  await writeFile(join(directory, "cache"), "a file");

  await expect(cache.put(DESCRIPTOR, CONTENT)).rejects.toMatchObject({
    code: "FILE_FAILED",
    message: `Cannot use the cache ${join(directory, "cache")}: a part of its path is not a directory`,
    hint: expect.stringContaining("--cache-dir"),
  });
});

test("get() takes little memory for little content", async () => {
  await cache.put(DESCRIPTOR, CONTENT);
  const before = process.memoryUsage().arrayBuffers;

  for (let i = 0; i < 10; i++) await cache.get(DESCRIPTOR);

  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(FILE_CHUNK_SIZE);
});
