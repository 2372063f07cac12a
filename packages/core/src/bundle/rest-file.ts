import { constants } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
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
    await copyRest(handle, rest, { path, signal });
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
  await (await beginJournal(journalPath(path), layOut(rest, 0))).close();
  const aside = await closeOnFailure(
    { close: async () => await rm(journalPath(path), { force: true }) },
    async () => await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o666),
  );
  const clearing = { close: async () => await removePartialFile(path) };
  await closeOnFailure(
    clearing,
    async () => await closeAfter(aside, async () => await copyLayers(from, rest, aside, { to: 0, signal })),
  );
}

/** Copies layers from where they lie in one file to another, one behind the other from `to`, as {@link layOut} has them. */
async function copyLayers(
  from: FileHandle,
  layers: JournalEntries,
  file: FileHandle,
  { to, signal }: { readonly to: number; readonly signal: AbortSignal | undefined },
): Promise<void> {
  let end = to;
  for (const entry of layers.values()) {
    for await (const chunk of readRange(from, entry.offset, notedSize(entry))) {
      signal?.throwIfAborted();
      await writeExactly(file, chunk, end);
      end += chunk.length;
    }
  }
  await file.sync();
}

/**
 * What was put aside becomes the unfinished file of the next bundle, its journal first. A run that died before its bundle
 * was finished has left both: then the unfinished file has all of it, or has been cut already and gets it back, where
 * there is room for it.
 *
 * @throws the abort reason of `signal`; the system's errors
 */
export async function takeUpRest(partial: string, options: WatchOptions = {}): Promise<void> {
  const path = restPath(partial);
  const hasRest = (await statFile(path)) !== undefined;
  const rest = await readJournal(journalPath(path));
  const unfinished = await statFile(partial);
  if (!hasRest || unfinished !== undefined) {
    if (rest === undefined) return;
    if (hasRest && unfinished !== undefined) await putBackCut(partial, unfinished.size, rest, options);
    await removePartialFile(path);
    return;
  }
  if (rest !== undefined) await rename(journalPath(path), journalPath(partial));
  else if ((await readJournal(journalPath(partial))) === undefined) return;
  await rename(path, partial);
}

/** Puts what was put aside behind an unfinished file of this size again, if that was cut since; tells it where it cannot. */
async function putBackCut(
  partial: string,
  size: number,
  rest: JournalEntries,
  { signal, onEvent }: WatchOptions,
): Promise<void> {
  const noted = (await readJournal(journalPath(partial))) ?? new Map<string, JournalEntry>();
  const isCut = [...rest.keys()].some((digest) => {
    const entry = noted.get(digest);
    return entry !== undefined && entry.offset + notedSize(entry) > size;
  });
  if (!isCut) return;
  const aside = await open(restPath(partial), constants.O_RDONLY | constants.O_NOFOLLOW);
  await closeAfter(aside, async () => {
    // A run that died while it put it aside had cut nothing.
    if ((await aside.stat()).size < sumNoted(rest)) return;
    const file = await open(partial, constants.O_RDWR | constants.O_NOFOLLOW);
    await closeAfter(file, async () => {
      try {
        await copyLayers(aside, rest, file, { to: size, signal });
      } catch (error) {
        await file.truncate(size);
        signal?.throwIfAborted();
        const reason = toHandleError(error, partial);
        if (!isBundleError(reason)) throw error;
        return tellDropped(sumNoted(rest), reason.message, onEvent);
      }
      await (await beginJournal(journalPath(partial), new Map([...noted, ...layOut(rest, size)]))).close();
    });
  });
}

/** What is noted of layers that a bundle does not have. */
function listRest(noted: JournalEntries, bundle: ComposedBundle): JournalEntries {
  const carried = new Set(bundle.document.blobs.map(({ digest }) => digest));
  return new Map([...noted].filter(([digest]) => !carried.has(digest)));
}

/** One behind the other, from `start`. */
function layOut(rest: JournalEntries, start: number): JournalEntries {
  const places = new Map<string, JournalEntry>();
  let offset = start;
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
    const rest = restPath(partial);
    const isUnfinished = (await statFile(partial)) !== undefined;
    if (isUnfinished && (await readJournal(journalPath(rest))) !== undefined) await removePartialFile(rest);
    else await takeUpRest(partial);
    const noted = await readJournal(journalPath(partial));
    if (noted === undefined) return;
    // A run that died when it had given its file the name of the bundle has left the journal alone.
    const isThere = (await statFile(partial)) !== undefined;
    await removePartialFile(partial);
    if (isThere && noted.size > 0) tellDropped(sumNoted(noted), WHOLE, onEvent);
  });
}
