import type { FileHandle } from "node:fs/promises";
import type { EventSink } from "../events.ts";
import { type BlobSink, createBlobSink, type SinkState } from "../fetch/blob-sink.ts";
import { withFileErrors } from "../file-error.ts";
import { createDigestHash } from "../hash.ts";
import type { AbortOptions } from "../repository.ts";
import type { PlacedBlob } from "./compose-bundle.ts";
import { readRange, writeExactly } from "./file.ts";
import type { Checkpoint, Journal, JournalEntry } from "./journal.ts";
import { tellDropped } from "./tell-dropped.ts";

/** What a run that dies loses of each layer, at most, beside what it has not written yet… */
const NOTE_EVERY = 1024 * 1024;
/** …or what came in this time, if that is more: on a fast line a note for each MiB took a twentieth of the time. */
const NOTE_EVERY_MS = 50;

/** The file that layers are written to. */
export interface LayerFile {
  readonly handle: FileHandle;
  readonly path: string;
  readonly journal: Journal;
  /** How far layers have come that are not noted so far: for whoever closes the file, or moves what is in it. */
  readonly unnoted: Map<string, UnnotedLayer>;
}

/** Where a layer lies, and how far it has come. */
export interface UnnotedLayer {
  readonly offset: number;
  readonly checkpoint: Checkpoint;
}

/** How work on what is there is stopped, and watched. */
export interface WatchOptions extends AbortOptions {
  readonly onEvent?: EventSink | undefined;
}

/** What is known of a layer. */
export interface LayerSinkOptions extends WatchOptions {
  /** What an earlier run noted of it. */
  readonly noted?: JournalEntry | undefined;
}

/**
 * A sink that writes a layer to its place and notes how far it has come. What an earlier run left there is hashed, and
 * kept as far as it is what that run wrote; what is not is told.
 *
 * @throws `FILE_FAILED`; `NO_SPACE` from its methods too; the abort reason of `signal`
 */
export async function openLayerSink(
  layer: PlacedBlob,
  file: LayerFile,
  options: LayerSinkOptions = {},
): Promise<BlobSink> {
  const { digest } = layer.descriptor;
  const start = await withFileErrors(file.path, async () => await checkKept(layer, file, options));
  let notedEnd = start?.position ?? 0;
  let notedAt = performance.now();

  const onState = async ({ position, hash }: SinkState): Promise<void> => {
    const now = performance.now();
    const isDue = position - notedEnd >= NOTE_EVERY && now - notedAt >= NOTE_EVERY_MS;
    const checkpoint = { end: position, hash: hash.copy().digest("hex") };
    file.unnoted.set(digest, { offset: layer.offset, checkpoint });
    if (!isDue && position !== layer.size && position >= notedEnd) return;
    file.unnoted.delete(digest);
    await withFileErrors(file.path, async () => await file.journal.note(digest, layer.offset, checkpoint));
    notedEnd = position;
    notedAt = now;
  };

  return createBlobSink(layer.descriptor, {
    write: async (chunk, position) =>
      await withFileErrors(
        file.path,
        async () => await writeExactly(file.handle, chunk, layer.offset + position),
      ),
    onState,
    ...(start === undefined ? {} : { start }),
    onEvent: options.onEvent,
  });
}

/**
 * How far the bytes that are there are those that were noted, which is told while they are read. After a loss of power the
 * last ones may not be.
 */
async function checkKept(
  { descriptor: { digest }, offset, size }: PlacedBlob,
  { handle, path }: LayerFile,
  { noted, signal, onEvent }: LayerSinkOptions,
): Promise<SinkState | undefined> {
  const checkpoints = noted?.checkpoints.filter(({ end }) => end <= size) ?? [];
  const hash = createDigestHash(digest);
  let kept: SinkState | undefined;
  let position = 0;
  const moveTo = (next: number): void => {
    onEvent?.({ kind: "blob-progress", digest, size: next - position, isKept: true });
    position = next;
  };
  for (const { end, hash: expected } of checkpoints) {
    for await (const chunk of readRange(handle, offset + position, end - position)) {
      signal?.throwIfAborted();
      hash.update(chunk);
      moveTo(position + chunk.length);
    }
    if (hash.copy().digest("hex") !== expected) break;
    kept = { position, hash: hash.copy() };
  }
  const right = kept?.position ?? 0;
  if (right < position) moveTo(right);
  const lost = (checkpoints.at(-1)?.end ?? 0) - right;
  if (lost > 0) tellDropped(lost, `what ${path} has of ${digest} is damaged`, onEvent);
  return kept;
}
