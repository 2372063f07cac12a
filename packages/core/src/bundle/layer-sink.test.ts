import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
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
  return { handle, path, journal };
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
