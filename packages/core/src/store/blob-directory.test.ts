import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { contentOf } from "../content.ts";
import type { Descriptor } from "../descriptor.ts";
import { digestOf } from "../hash.ts";
import { FILE_CHUNK_SIZE, openBlobDirectory } from "./blob-directory.ts";

const CONTENT = Buffer.alloc(2 * FILE_CHUNK_SIZE + 17, "airgap");
const DESCRIPTOR: Descriptor = describe(CONTENT);

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "blob-directory-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

test("put() stores a blob that open() gives back in large chunks", async () => {
  const blobs = openBlobDirectory(directory);

  await blobs.put(DESCRIPTOR, contentOf(CONTENT));

  const chunks = await Array.fromAsync(blobs.open(DESCRIPTOR.digest));
  expect(chunks.map((chunk) => chunk.length)).toEqual([FILE_CHUNK_SIZE, FILE_CHUNK_SIZE, 17]);
  expect(Buffer.concat(chunks).equals(CONTENT)).toBe(true);
  expect(await blobs.stat(DESCRIPTOR.digest)).toEqual({ size: CONTENT.length });
});

test("open() starts at an offset", async () => {
  const blobs = openBlobDirectory(directory);
  await blobs.put(DESCRIPTOR, contentOf(CONTENT));

  const chunks = await Array.fromAsync(blobs.open(DESCRIPTOR.digest, { offset: CONTENT.length - 5 }));

  expect(Buffer.concat(chunks).equals(CONTENT.subarray(-5))).toBe(true);
});

test("put() leaves nothing behind when the content is wrong, however busy node's threads are", async () => {
  const blobs = openBlobDirectory(directory);
  const wrong = Buffer.alloc(CONTENT.length);

  const puts = Array.from({ length: 64 }, async () => await blobs.put(DESCRIPTOR, contentOf(wrong)));

  for (const outcome of await Promise.allSettled(puts))
    expect(outcome).toMatchObject({ status: "rejected", reason: { code: "DIGEST_INVALID" } });
  expect(await readdir(join(directory, "sha256"))).toEqual([]);
});

test("put() leaves nothing behind when it is aborted", async () => {
  const blobs = openBlobDirectory(directory);
  const controller = new AbortController();
  const endless = async function* (): AsyncGenerator<Uint8Array> {
    yield CONTENT.subarray(0, 10);
    controller.abort();
    yield CONTENT.subarray(10, 20);
  };

  const put = blobs.put(DESCRIPTOR, endless(), { signal: controller.signal });

  await expect(put).rejects.toMatchObject({ name: "AbortError" });
  expect(await readdir(join(directory, "sha256"))).toEqual([]);
});

test("put() replaces a blob that has gone bad", async () => {
  const blobs = openBlobDirectory(directory);
  await blobs.put(DESCRIPTOR, contentOf(CONTENT));
  await writeFile(join(directory, DESCRIPTOR.digest.replace(":", "/")), "rotten");

  await blobs.put(DESCRIPTOR, contentOf(CONTENT));

  expect(await blobs.stat(DESCRIPTOR.digest)).toEqual({ size: CONTENT.length });
});

test("put() of one blob may run many times at once", async () => {
  const blobs = openBlobDirectory(directory);

  await Promise.all([1, 2, 3, 4].map(async () => await blobs.put(DESCRIPTOR, contentOf(CONTENT))));

  expect(await readdir(join(directory, "sha256"))).toEqual([DESCRIPTOR.digest.slice("sha256:".length)]);
});

test("put() passes on what the content throws", async () => {
  const blobs = openBlobDirectory(directory);
  const reset = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET", syscall: "read" });
  const broken = async function* (): AsyncGenerator<Uint8Array> {
    yield CONTENT.subarray(0, 10);
    throw reset;
  };

  await expect(blobs.put(DESCRIPTOR, broken())).rejects.toBe(reset);
});

test("adopt() moves a file", async () => {
  const blobs = openBlobDirectory(join(directory, "blobs"));
  await writeFile(join(directory, "upload"), CONTENT);

  await blobs.adopt(DESCRIPTOR, join(directory, "upload"));

  expect(await readdir(directory)).toEqual(["blobs"]);
  expect(await blobs.stat(DESCRIPTOR.digest)).toEqual({ size: CONTENT.length });
});

test("adopt() refuses a file with other content", async () => {
  const blobs = openBlobDirectory(join(directory, "blobs"));
  await writeFile(join(directory, "upload"), "short");

  const adopt = blobs.adopt(DESCRIPTOR, join(directory, "upload"));

  await expect(adopt).rejects.toMatchObject({ code: "SIZE_INVALID" });
  expect(await readdir(directory)).toEqual(["upload"]);
});

test("open() of a blob that is not there is BLOB_UNKNOWN", async () => {
  const blobs = openBlobDirectory(directory);

  const open = Array.fromAsync(blobs.open(DESCRIPTOR.digest));

  await expect(open).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
});

test.each(["sha256:../../etc/passwd", "../x", "sha256:AB", "md5:d41d8cd98f00b204e9800998ecf8427e"])(
  "stat() refuses the digest %s",
  async (digest) => {
    const blobs = openBlobDirectory(directory);

    await expect(blobs.stat(digest)).rejects.toMatchObject({ code: "DIGEST_INVALID" });
  },
);

test("put() into a directory that cannot be made is FILE_FAILED with the path", async () => {
  await writeFile(join(directory, "file"), "");
  const blobs = openBlobDirectory(join(directory, "file", "blobs"));

  const put = blobs.put(DESCRIPTOR, contentOf(CONTENT));

  await expect(put).rejects.toMatchObject({
    code: "FILE_FAILED",
    message: expect.stringContaining("not a directory"),
  });
});

function describe(content: Uint8Array): Descriptor {
  return { mediaType: "application/octet-stream", digest: digestOf(content), size: content.length };
}
