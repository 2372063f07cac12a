import type { FileHandle } from "node:fs/promises";
import { createDigestHash } from "../digest.ts";
import type { EventSink } from "../events.ts";
import { type BlobSink, createBlobSink, type SinkState } from "../fetch/blob-sink.ts";
import { toHandleError } from "../file-error.ts";
import type { PlacedBlob } from "./compose-bundle.ts";
import { readRange, writeExactly } from "./file.ts";
import type { Journal, JournalEntry } from "./journal.ts";

/** What a run that dies loses of each layer, at most, beside what it has not written yet. */
const NOTE_EVERY = 1024 * 1024;

/** The file that layers are written to. */
export interface LayerFile {
  readonly handle: FileHandle;
  readonly path: string;
  readonly journal: Journal;
}

/** What is known of a layer. */
export interface LayerSinkOptions {
  /** What an earlier run noted of it. */
  readonly noted?: JournalEntry | undefined;
  readonly onEvent?: EventSink | undefined;
}

/**
 * A sink that writes a layer to its place and notes how far it has come. What an earlier run left there is hashed, and
 * kept as far as it is what that run wrote.
 *
 * @throws `FILE_FAILED`; `NO_SPACE` from its methods too
 */
export async function openLayerSink(
  layer: PlacedBlob,
  file: LayerFile,
  { noted, onEvent }: LayerSinkOptions = {},
): Promise<BlobSink> {
  const { digest } = layer.descriptor;
  const start = noted === undefined ? undefined : await checkKept(layer, file, noted);
  let notedEnd = start?.position ?? 0;

  const onState = async ({ position, hash }: SinkState): Promise<void> => {
    const isNews = position - notedEnd >= NOTE_EVERY || position === layer.size || position < notedEnd;
    if (!isNews) return;
    const checkpoint = { end: position, hash: hash.copy().digest("hex") };
    await guard(file.path, async () => await file.journal.note(digest, layer.offset, checkpoint));
    notedEnd = position;
  };

  return createBlobSink(layer.descriptor, {
    write: async (chunk, position) =>
      await guard(file.path, async () => await writeExactly(file.handle, chunk, layer.offset + position)),
    onState,
    ...(start === undefined ? {} : { start }),
    onEvent,
  });
}

/** How far the bytes that are there are those that were noted. After a loss of power the last ones may not be. */
async function checkKept(
  layer: PlacedBlob,
  { handle }: LayerFile,
  { checkpoints }: JournalEntry,
): Promise<SinkState | undefined> {
  const hash = createDigestHash(layer.descriptor.digest);
  let kept: SinkState | undefined;
  let position = 0;
  for (const { end, hash: expected } of checkpoints) {
    if (end > layer.size) break;
    for await (const chunk of readRange(handle, layer.offset + position, end - position)) hash.update(chunk);
    position = end;
    if (hash.copy().digest("hex") !== expected) break;
    kept = { position, hash: hash.copy() };
  }
  return kept;
}

async function guard(path: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw toHandleError(error, path);
  }
}
