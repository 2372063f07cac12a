import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { contentOf } from "../content.ts";
import { digestOf } from "../hash.ts";
import type { Checkpoint, Journal } from "./journal.ts";
import { type LayerFile, openLayerSink } from "./layer-sink.ts";

const CHUNK = Buffer.alloc(100_000, "layer");
const LAYER = Buffer.concat(Array.from({ length: 40 }, () => CHUNK));
const PLACED = {
  descriptor: { mediaType: "x/layer", digest: digestOf(LAYER), size: LAYER.length },
  name: "blobs/sha256/layer",
  size: LAYER.length,
  headerOffset: 0,
  offset: 512,
  end: 512 + LAYER.length,
};

/** A file whose journal only remembers. */
async function openFile(notes: Checkpoint[]): Promise<LayerFile> {
  const directory = await mkdtemp(join(tmpdir(), "layer-"));
  const path = join(directory, "out.tar.partial");
  const handle = await open(path, "w+");
  onTestFinished(async () => {
    await handle.close();
    await rm(directory, { recursive: true });
  });
  const journal: Journal = {
    note: async (_digest, _offset, checkpoint) => {
      notes.push(checkpoint);
      await Promise.resolve();
    },
    entries: () => new Map(),
    close: async () => await Promise.resolve(),
  };
  return { handle, path, journal, unnoted: new Map() };
}

/** The layer chunk by chunk, one in so many milliseconds of a clock that starts at once. */
function chunksEach(milliseconds: number): AsyncGenerator<Uint8Array> {
  let now = 0;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => now);
  onTestFinished(() => clock.mockRestore());
  const pass = (): void => {
    now += milliseconds;
  };
  return chunks(pass);
}

async function* chunks(onChunk: () => void): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < LAYER.length; start += CHUNK.length) {
    onChunk();
    yield LAYER.subarray(start, start + CHUNK.length);
  }
}

test.each([
  ["slow", "each MiB", 100, [1_100_000, 2_200_000, 3_300_000, 4_000_000]],
  ["fast", "each 50 ms", 2.5, [2_000_000, 4_000_000]],
])("a layer that comes %s is noted %s, and at its end", async (_speed, _often, milliseconds, ends) => {
  const notes: Checkpoint[] = [];
  const content = chunksEach(milliseconds);
  const sink = await openLayerSink(PLACED, await openFile(notes));

  await sink.append(content, "r.io");
  await sink.finish("r.io");

  expect(notes.map(({ end }) => end)).toEqual(ends);
  expect(notes.at(-1)?.hash).toBe(PLACED.descriptor.digest.slice("sha256:".length));
});

test("how far a layer has come since its last note is known to whoever closes the file", async () => {
  const notes: Checkpoint[] = [];
  const file = await openFile(notes);
  const { digest } = PLACED.descriptor;
  const sink = await openLayerSink(PLACED, file);

  await sink.append(contentOf(LAYER.subarray(0, 300_000)), "r.io");

  const checkpoint = { end: 300_000, hash: digestOf(LAYER.subarray(0, 300_000)).slice("sha256:".length) };
  expect(notes).toEqual([]);
  expect(file.unnoted.get(digest)).toEqual({ offset: PLACED.offset, checkpoint });

  await sink.append(contentOf(LAYER.subarray(300_000)), "r.io");

  expect(file.unnoted.size).toBe(0);
});

test("a medium that cannot be read any more is told with the file's name", async () => {
  const file = await openFile([]);
  const handle = Object.create(file.handle, {
    read: { value: () => Promise.reject(Object.assign(new Error("i/o"), { code: "EIO", syscall: "read" })) },
  });
  const noted = { offset: PLACED.offset, checkpoints: [{ end: 100, hash: "" }] };

  await expect(openLayerSink(PLACED, { ...file, handle }, { noted })).rejects.toMatchObject({
    code: "FILE_FAILED",
    message: `Cannot use "${file.path}": the medium cannot be read or written (EIO)`,
  });
});
