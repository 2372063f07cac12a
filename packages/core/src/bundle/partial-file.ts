import { constants } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import { BundleError } from "../error.ts";
import { statFile } from "../store/blob-directory.ts";
import type { ComposedBundle } from "./compose-bundle.ts";
import {
  beginJournal,
  type Journal,
  type JournalEntries,
  type JournalEntry,
  openJournal,
  readJournal,
} from "./journal.ts";
import { moveBlobs } from "./move-blobs.ts";
import type { Move } from "./order-moves.ts";

/** What is there of a bundle that is not finished. Errors of the system are thrown as they are. */
export interface PartialFile {
  readonly handle: FileHandle;
  readonly journal: Journal;
  /** What an earlier run noted of the bundle's layers, which lie at their places. */
  readonly noted: JournalEntries;
}

/** A stretch with what is noted of it. */
export interface NotedMove extends Move {
  readonly digest: string;
  readonly entry: JournalEntry;
}

/** Where the journal of an unfinished file lies. */
export function journalPath(partial: string): string {
  return `${partial}.journal`;
}

/**
 * Opens the unfinished file of a bundle, of the bundle's size. What an earlier run left in it and this bundle has too is
 * kept: where the plan has changed meanwhile it is moved to its place.
 *
 * @throws `OUTPUT_EXISTS` if something else lies there
 */
export async function openPartialFile(path: string, bundle: ComposedBundle): Promise<PartialFile> {
  const found = await readJournal(journalPath(path));
  const size = (await statFile(path))?.size ?? 0;
  if (found === undefined && size > 0) throw foreignFile(path);
  // Of a file without a journal nobody would know whose it is.
  if (found === undefined) await (await beginJournal(journalPath(path), new Map())).close();
  const handle = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o666);
  try {
    const moves = planMoves(found ?? new Map(), bundle, size);
    await moveNoted(handle, path, moves, Math.max(size, bundle.size));
    await handle.truncate(bundle.size);
    const noted = new Map(moves.map(({ digest, to, entry }) => [digest, { ...entry, offset: to }]));
    return { handle, noted, journal: await beginJournal(journalPath(path), noted) };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Removes an unfinished file, and what is noted of it. */
export async function removePartialFile(path: string): Promise<void> {
  await rm(path, { force: true });
  await rm(journalPath(path), { force: true });
}

/** Moves stretches to their places, and notes where they are by then. */
async function moveNoted(
  handle: FileHandle,
  path: string,
  moves: readonly NotedMove[],
  scratch: number,
): Promise<void> {
  const journal = await openJournal(journalPath(path), new Map());
  try {
    await moveBlobs(handle, moves, { scratch, onMoved: async (move) => await noteMove(journal, move) });
  } finally {
    await journal.close();
  }
}

async function noteMove(journal: Journal, { digest, to, entry }: NotedMove): Promise<void> {
  const last = entry.checkpoints.at(-1);
  if (last !== undefined) await journal.note(digest, to, last);
}

/** What the file does not reach to was lost with it, or cut off by a run that died. */
function planMoves(found: JournalEntries, bundle: ComposedBundle, fileSize: number): readonly NotedMove[] {
  return bundle.layers.flatMap(({ descriptor, offset, size }) => {
    const entry = found.get(descriptor.digest);
    const end = entry?.checkpoints.at(-1)?.end ?? 0;
    if (entry === undefined || end === 0 || end > size || entry.offset + end > fileSize) return [];
    return [{ digest: descriptor.digest, entry, from: entry.offset, to: offset, size: end }];
  });
}

function foreignFile(path: string): BundleError {
  return new BundleError(
    "OUTPUT_EXISTS",
    `Cannot write ${path}: it is there, and no export that can be gone on with`,
    { hint: "Remove it, or choose another name with -o" },
  );
}
