import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { contentOf } from "../content.ts";
import { digestOf } from "../hash.ts";
import type { Store, StoreRepository } from "../repository.ts";
import { openDirectoryStore } from "./directory-store.ts";
import { createMemoryStore } from "./memory-store.ts";

const CONTENT = Buffer.from("0123456789");
const DIGEST = digestOf(CONTENT);
const UNKNOWN_ID = "00000000-0000-0000-0000-000000000000";

const directories: string[] = [];

async function makeDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "store-"));
  directories.push(directory);
  return directory;
}

afterAll(async () => {
  for (const directory of directories) await rm(directory, { recursive: true, force: true });
});

describe.each([
  { name: "memory", open: async () => createMemoryStore() },
  { name: "directory", open: async () => openDirectoryStore(await makeDirectory()) },
])("uploads of a $name store", ({ open }) => {
  let store: Store;
  let repository: StoreRepository;

  beforeEach(async () => {
    store = await open();
    repository = store.openRepository("library/redis");
  });

  test("finishUpload() makes one blob of all pieces", async () => {
    const id = await repository.startUpload();

    const sizes = [
      await repository.appendUpload(id, contentOf(CONTENT.subarray(0, 4))),
      await repository.appendUpload(id, contentOf(CONTENT.subarray(4))),
    ];
    await repository.finishUpload(id, DIGEST);

    expect(sizes).toEqual([4, 10]);
    expect(await repository.statBlob(DIGEST)).toEqual({ size: 10 });
    expect(await repository.statUpload(id)).toBeUndefined();
  });

  test("finishUpload() makes the empty blob of no pieces", async () => {
    const id = await repository.startUpload();

    await repository.finishUpload(id, digestOf(""));

    expect(await repository.statBlob(digestOf(""))).toEqual({ size: 0 });
  });

  test.each([digestOf("other"), "sha256:short"])(
    "finishUpload() as %s forgets the session",
    async (digest) => {
      const id = await repository.startUpload();
      await repository.appendUpload(id, contentOf(CONTENT));

      await expect(repository.finishUpload(id, digest)).rejects.toMatchObject({ code: "DIGEST_INVALID" });

      expect(await repository.statUpload(id)).toBeUndefined();
      expect(await store.listRepositories()).toEqual([]);
    },
  );

  test("appendUpload() keeps what came before a failure", async () => {
    const id = await repository.startUpload();
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield CONTENT.subarray(0, 4);
      // The piece is on its way to the disk when the sender fails.
      await new Promise((resolve) => setTimeout(resolve, 50));
      throw new Error("gone");
    };

    await expect(repository.appendUpload(id, broken())).rejects.toThrow("gone");

    expect(await repository.statUpload(id)).toEqual({ size: 4 });
    expect(await repository.appendUpload(id, contentOf(CONTENT.subarray(4)))).toBe(10);
    await repository.finishUpload(id, DIGEST);
  });

  test("appendUpload() refuses a second writer", async () => {
    const id = await repository.startUpload();
    const { promise: end, resolve: finish } = Promise.withResolvers<void>();
    const slow = async function* (): AsyncGenerator<Uint8Array> {
      yield CONTENT;
      await end;
    };
    const first = repository.appendUpload(id, slow());

    const second = repository.appendUpload(id, contentOf(CONTENT));

    await expect(second).rejects.toMatchObject({ code: "BLOB_UPLOAD_INVALID" });
    finish();
    expect(await first).toBe(10);
  });

  test("cancelUpload() forgets a session", async () => {
    const id = await repository.startUpload();

    await repository.cancelUpload(id);

    expect(await repository.statUpload(id)).toBeUndefined();
  });

  test("a session belongs to its repository", async () => {
    const id = await repository.startUpload();
    const other = store.openRepository("library/other");

    expect(await other.statUpload(id)).toBeUndefined();
    await expect(other.finishUpload(id, DIGEST)).rejects.toMatchObject({ code: "BLOB_UPLOAD_UNKNOWN" });
  });

  test.each([UNKNOWN_ID, "../../blobs", ""])("the session %j is unknown", async (id) => {
    const unknown = { code: "BLOB_UPLOAD_UNKNOWN" };

    expect(await repository.statUpload(id)).toBeUndefined();
    await expect(repository.appendUpload(id, contentOf(CONTENT))).rejects.toMatchObject(unknown);
    await expect(repository.finishUpload(id, DIGEST)).rejects.toMatchObject(unknown);
    await expect(repository.cancelUpload(id)).rejects.toMatchObject(unknown);
  });
});

test("openDirectoryStore() finds content and sessions of a former process", async () => {
  const directory = await makeDirectory();
  const former = openDirectoryStore(directory).openRepository("library/redis");
  await former.putBlob({ mediaType: "x", digest: DIGEST, size: 10 }, () => contentOf(CONTENT));
  const id = await former.startUpload();
  await former.appendUpload(id, contentOf(CONTENT.subarray(0, 4)));

  const store = openDirectoryStore(directory);
  const repository = store.openRepository("library/redis");

  expect(await store.listRepositories()).toEqual(["library/redis"]);
  expect(await repository.statBlob(DIGEST)).toEqual({ size: 10 });
  expect(await repository.appendUpload(id, contentOf(CONTENT.subarray(4)))).toBe(10);
  await repository.finishUpload(id, DIGEST);
  expect(await readdir(join(directory, "blobs", "sha256"))).toEqual([DIGEST.slice("sha256:".length)]);
});

test("openDirectoryStore() creates nothing before something is stored", async () => {
  const directory = join(await makeDirectory(), "store");

  const store = openDirectoryStore(directory);

  expect(await store.listRepositories()).toEqual([]);
  await expect(readdir(directory)).rejects.toMatchObject({ code: "ENOENT" });
});
