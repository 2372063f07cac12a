import { constants } from "node:fs";
import { type FileHandle, open, rename } from "node:fs/promises";
import { closeAfter, closeOnFailure } from "../close-after.ts";
import { isBundleError } from "../error.ts";
import type { EventSink } from "../events.ts";
import { toHandleError, withFileErrors } from "../file-error.ts";
import { statFile } from "../store/blob-directory.ts";
import type { ComposedBundle } from "./compose-bundle.ts";
import { readRange, writeExactly } from "./file.ts";
import {
  beginJournal,
  type JournalEntries,
  type JournalEntry,
  notedSize,
  readJournal,
  sumNoted,
} from "./journal.ts";
import type { WatchOptions } from "./layer-sink.ts";
import { journalPath, removePartialFile } from "./partial-file.ts";
import type { NotedFile } from "./rearrange.ts";
import { tellDropped } from "./tell-dropped.ts";

/** How a bundle is finished. */
export interface FinishOptions extends WatchOptions {
  /** Layers that are there and that the bundle does not have: `keep` them for the next one, or `drop` them and tell it. @default "drop" */
  readonly rest?: "keep" | "drop";
}

const WHOLE = "the bundle is whole without them";

/** Has its journal first: a file of this name without one is somebody else's. */
function restPath(partial: string): string {
  return `${partial}.rest`;
}

/**
 * Does with the layers of a file that a finished bundle does not have what `rest` says. Resolves to true if there is
 * something for {@link takeUpRest}.
 *
 * @throws the abort reason of `signal`; the system's errors
 */
export async function settleRest(
  file: NotedFile,
  partial: string,
  bundle: ComposedBundle,
  { rest = "drop", ...options }: FinishOptions,
): Promise<boolean> {
  if (rest === "keep") return await putRestAside(file, partial, bundle, options);
  const size = sumNoted(listRest(file.journal.entries(), bundle));
  if (size > 0) tellDropped(size, WHOLE, options.onEvent);
  return false;
}

/** Copies them to a file of their own. Resolves to false if there are none, or if that is not possible, which is told. */
async function putRestAside(
  { handle, journal }: NotedFile,
  partial: string,
  bundle: ComposedBundle,
  { signal, onEvent }: WatchOptions,
): Promise<boolean> {
  const rest = listRest(journal.entries(), bundle);
  if (rest.size === 0) return false;
  const path = restPath(partial);
  if ((await statFile(path)) !== undefined) {
    tellDropped(sumNoted(rest), `something else is at ${path}`, onEvent);
    return false;
  }
  try {
    const clearing = { close: async () => await removePartialFile(path) };
    await closeOnFailure(clearing, async () => await copyRest(handle, rest, { path, signal }));
    return true;
  } catch (error) {
    signal?.throwIfAborted();
    const reason = toHandleError(error, path);
    if (!isBundleError(reason)) throw error;
    // The bundle is whole without them: it must not fail for what is only to be kept.
    tellDropped(sumNoted(rest), reason.message, onEvent);
    return false;
  }
}

/** The journal first: see {@link restPath}. */
async function copyRest(
  from: FileHandle,
  rest: JournalEntries,
  { path, signal }: { readonly path: string; readonly signal: AbortSignal | undefined },
): Promise<void> {
  await (await beginJournal(journalPath(path), layOut(rest))).close();
  const aside = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o666);
  await closeAfter(aside, async () => {
    let end = 0;
    for (const entry of rest.values()) {
      for await (const chunk of readRange(from, entry.offset, notedSize(entry))) {
        signal?.throwIfAborted();
        await writeExactly(aside, chunk, end);
        end += chunk.length;
      }
    }
    await aside.sync();
  });
}

/**
 * What was put aside becomes the unfinished file of the next bundle, its journal first. A run that died before its bundle
 * was finished has left both: then the unfinished file has all of it.
 */
export async function takeUpRest(partial: string): Promise<void> {
  const path = restPath(partial);
  const hasRest = (await statFile(path)) !== undefined;
  const hasJournal = (await readJournal(journalPath(path))) !== undefined;
  if (!hasRest || (await statFile(partial)) !== undefined) {
    if (hasJournal) await removePartialFile(path);
    return;
  }
  if (hasJournal) await rename(journalPath(path), journalPath(partial));
  else if ((await readJournal(journalPath(partial))) === undefined) return;
  await rename(path, partial);
}

/** What is noted of layers that a bundle does not have. */
function listRest(noted: JournalEntries, bundle: ComposedBundle): JournalEntries {
  const carried = new Set(bundle.document.blobs.map(({ digest }) => digest));
  return new Map([...noted].filter(([digest]) => !carried.has(digest)));
}

/** One behind the other. */
function layOut(rest: JournalEntries): JournalEntries {
  const places = new Map<string, JournalEntry>();
  let offset = 0;
  for (const [digest, entry] of rest) {
    places.set(digest, { ...entry, offset });
    offset += notedSize(entry);
  }
  return places;
}

/**
 * Removes what an earlier run left of `path`, which is whole: nothing of it is needed any more, and that is told. What
 * somebody else put there stays.
 */
export async function discardPartialFile(path: string, onEvent: EventSink | undefined): Promise<void> {
  const partial = `${path}.partial`;
  await withFileErrors(partial, async () => {
    await takeUpRest(partial);
    const noted = await readJournal(journalPath(partial));
    if (noted === undefined) return;
    await removePartialFile(partial);
    if (noted.size > 0) tellDropped(sumNoted(noted), WHOLE, onEvent);
  });
}
