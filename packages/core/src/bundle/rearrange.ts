import type { FileHandle } from "node:fs/promises";
import type { EventSink } from "../events.ts";
import type { AbortOptions } from "../repository.ts";
import { arrange, type NotedMove } from "./arrange.ts";
import type { ComposedBundle } from "./compose-bundle.ts";
import { type Journal, notedSize } from "./journal.ts";
import { moveBlobs } from "./move-blobs.ts";
import { tellDropped } from "./tell-dropped.ts";

/** A file of layers, with what is noted of them. */
export interface NotedFile {
  readonly handle: FileHandle;
  readonly journal: Journal;
}

/** How what is there is moved. */
export interface RearrangeOptions extends AbortOptions {
  /** Bytes that layers of other bundles may take. @default no limit */
  readonly spare?: number;
  /** What may be given up where there is no room to move it: anything, or only what the bundle does not have. */
  readonly mayDrop: "all" | "rest";
  readonly onEvent?: EventSink | undefined;
}

/**
 * Moves the layers of a file to where they lie in this bundle, and those that it does not have behind it; both are noted.
 * What there is no room for is given up and told. Then the file is no longer than that.
 *
 * @throws the abort reason of `signal`, after which the journal is still right; the system's errors
 */
export async function rearrange(
  { handle, journal }: NotedFile,
  bundle: ComposedBundle,
  { spare = Number.POSITIVE_INFINITY, mayDrop, signal, onEvent }: RearrangeOptions,
): Promise<void> {
  const { moves, size: end, dropped } = arrange(journal.entries(), bundle, spare);
  let droppedSize = 0;
  const drop = async ({ digest, size }: NotedMove): Promise<void> => {
    await journal.note(digest, 0, { end: 0, hash: "" });
    droppedSize += size;
  };
  for (const one of dropped) await drop(one);
  tellMoves(moves, onEvent);
  try {
    await moveBlobs(handle, moves, {
      ...(signal === undefined ? {} : { signal }),
      scratch: Math.max((await handle.stat()).size, end),
      isLessWanted: ({ isOfBundle }) => !isOfBundle,
      mayDrop: ({ isOfBundle }) => mayDrop === "all" || !isOfBundle,
      onBegun: async (move, size) => await noteBegun(journal, move, size),
      onMoved: async (move) => await noteMove(journal, move),
      onDropped: drop,
      onProgress: ({ digest }, size) => onEvent?.({ kind: "blob-progress", digest, size }),
    });
    await handle.truncate(end);
  } finally {
    if (droppedSize > 0) tellDropped(droppedSize, "there is no room for them", onEvent);
  }
}

function tellMoves(moves: readonly NotedMove[], onEvent: EventSink | undefined): void {
  const needed = moves.filter(({ from, to }) => from !== to);
  if (needed.length === 0) return;
  onEvent?.({ kind: "phase", phase: "move", size: needed.reduce((sum, { size }) => sum + size, 0) });
}

/** A run that dies in the middle of it finds so much of a layer that was being moved over itself. */
async function noteBegun(journal: Journal, { digest, to, entry }: NotedMove, size: number): Promise<void> {
  const noted = journal.entries().get(digest);
  const end = noted?.offset === to ? notedSize(noted) : 0;
  for (const checkpoint of entry.checkpoints)
    if (checkpoint.end > end && checkpoint.end <= size) await journal.note(digest, to, checkpoint);
}

async function noteMove(journal: Journal, { digest, to, entry }: NotedMove): Promise<void> {
  const last = entry.checkpoints.at(-1);
  if (last !== undefined) await journal.note(digest, to, last);
}
