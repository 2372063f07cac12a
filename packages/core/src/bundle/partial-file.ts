import { constants } from "node:fs";
import { open, rm } from "node:fs/promises";
import { closeAfter, closeOnFailure } from "../close-after.ts";
import { BundleError } from "../error.ts";
import type { EventSink } from "../events.ts";
import type { AbortOptions } from "../repository.ts";
import { statFile } from "../store/blob-directory.ts";
import type { ComposedBundle } from "./compose-bundle.ts";
import {
  beginJournal,
  type JournalEntries,
  type JournalEntry,
  openJournal,
  readJournal,
  sumNoted,
} from "./journal.ts";
import { type NotedFile, rearrange } from "./rearrange.ts";
import { tellDropped } from "./tell-dropped.ts";

/** How {@link openPartialFile} treats what is there. */
export interface OpenPartialOptions extends AbortOptions {
  /** Bytes that layers of other bundles may take. */
  readonly spare: number;
  readonly onEvent?: EventSink | undefined;
}

/** Where the journal of an unfinished file lies. */
export function journalPath(partial: string): string {
  return `${partial}.journal`;
}

/**
 * Opens the unfinished file of a bundle. What an earlier run left in it and this bundle has too is kept: where the plan has
 * changed meanwhile it is moved to its place. What this bundle does not have is kept behind it, as long as there is room.
 * Errors of the system are thrown as they are.
 *
 * @throws `OUTPUT_EXISTS` if something else lies there; the abort reason of `signal`
 */
export async function openPartialFile(
  path: string,
  bundle: ComposedBundle,
  options: OpenPartialOptions,
): Promise<NotedFile> {
  const found = await readJournal(journalPath(path));
  const size = (await statFile(path))?.size ?? 0;
  if (found === undefined && size > 0) throw foreignFile(path);
  // Its own is put there whole, or not at all.
  if (found === undefined && (await statFile(journalPath(path))) !== undefined)
    throw foreignFile(journalPath(path));
  // Of a file without a journal nobody would know whose it is.
  if (found === undefined) await (await beginJournal(journalPath(path), new Map())).close();
  const clearing = {
    close: async () => {
      if (found === undefined) await rm(journalPath(path), { force: true });
    },
  };
  const handle = await closeOnFailure(
    clearing,
    async () => await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o666),
  );
  return await closeOnFailure(handle, async () => {
    const journal = await openJournal(
      journalPath(path),
      listPresent(found ?? new Map(), size, options.onEvent),
    );
    await closeAfter(
      journal,
      async () => await rearrange({ handle, journal }, bundle, { ...options, mayDrop: "all" }),
    );
    return { handle, journal: await beginJournal(journalPath(path), journal.entries()) };
  });
}

/** Removes an unfinished file, and what is noted of it. */
export async function removePartialFile(path: string): Promise<void> {
  await rm(path, { force: true });
  await rm(journalPath(path), { force: true });
}

/** What the file does not reach to was lost with it, or cut off by a run that died. */
function listPresent(found: JournalEntries, size: number, onEvent: EventSink | undefined): JournalEntries {
  const present = new Map<string, JournalEntry>();
  for (const [digest, { offset, checkpoints }] of found) {
    const reached = checkpoints.filter(({ end }) => offset + end <= size);
    if (reached.length > 0) present.set(digest, { offset, checkpoints: reached });
  }
  const lost = sumNoted(found) - sumNoted(present);
  // Who has removed the file knows it.
  if (size > 0 && lost > 0) tellDropped(lost, "the file that had them is shorter than it was", onEvent);
  return present;
}

function foreignFile(path: string): BundleError {
  return new BundleError(
    "OUTPUT_EXISTS",
    `Cannot write ${path}: it is there, and no export that can be gone on with`,
    { hint: "Remove it, or choose another name with -o" },
  );
}
