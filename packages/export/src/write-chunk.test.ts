import { spawn } from "node:child_process";
import { PassThrough, Writable } from "node:stream";
import { expect, test } from "vitest";
import { writeChunk } from "./write-chunk.ts";

const CHUNK = Buffer.alloc(1024 * 1024);

test("writeChunk() waits for a slow reader", async () => {
  const stream = new PassThrough();
  const written = writeChunk(stream, CHUNK);

  expect(await Promise.race([written, Promise.resolve("waits")])).toBe("waits");
  stream.resume();

  expect(await written).toBeUndefined();
});

test("writeChunk() waits until a small part is passed on too: its memory is used again", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stream = new Writable({ write: (_chunk, _encoding, done) => void promise.then(() => done()) });
  const written = writeChunk(stream, CHUNK.subarray(0, 10));

  expect(await Promise.race([written, Promise.resolve("waits")])).toBe("waits");
  resolve();

  expect(await written).toBeUndefined();
});

test("writeChunk() stops waiting where it is told to", async () => {
  const controller = new AbortController();
  const reason = new Error("stopped");
  const options = { signal: controller.signal };
  const stream = new PassThrough();
  const written = writeChunk(stream, CHUNK, options);

  controller.abort(reason);

  await expect(written).rejects.toBe(reason);
  await expect(writeChunk(stream, CHUNK, options)).rejects.toBe(reason);
});

test("writeChunk() tells that the reader has ended", async () => {
  const { stdin } = spawn("true");
  const ended = { code: "FILE_FAILED", message: "Cannot write the bundle to stdout: the reader has ended" };

  await expect(writeChunk(stdin, CHUNK)).rejects.toMatchObject(ended);
  await expect(writeChunk(stdin, CHUNK)).rejects.toMatchObject(ended);
});
