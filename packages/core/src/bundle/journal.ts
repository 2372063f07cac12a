import { type FileHandle, open } from "node:fs/promises";
import { closeAfter } from "../close-after.ts";
import { isDigest } from "../digest.ts";
import { readIfThere } from "../store/read-if-there.ts";
import { replaceFile } from "../store/replace-file.ts";
import { formatLine, HEADING, type JournalLine, parseLine } from "./journal-line.ts";

/**
 * Of each blob about so many places are remembered to which its bytes may be right, from its beginning to its end: what a
 * disk has lost when the power went costs a few hundredths of the blob more than that.
 */
const CHECKPOINTS = 128;

/** How far a blob has come: `hash` is that of its first `end` bytes, in hexadecimal, by the algorithm of its digest. */
export interface Checkpoint {
  readonly end: number;
  readonly hash: string;
}

/** Where a blob's bytes lie in the file, and how far they may be right: nothing of it is believed before it is checked. */
export interface JournalEntry {
  readonly offset: number;
  /** In growing order. */
  readonly checkpoints: readonly Checkpoint[];
}

/** By the blob's digest, so that they outlive a plan. */
export type JournalEntries = ReadonlyMap<string, JournalEntry>;

/** Bytes of a blob that are there, if all is right. */
export function notedSize({ checkpoints }: JournalEntry): number {
  return checkpoints.at(-1)?.end ?? 0;
}

/** The same of all blobs together. */
export function sumNoted(entries: JournalEntries): number {
  return [...entries.values()].reduce((sum, entry) => sum + notedSize(entry), 0);
}

/** Notes how far the blobs of a file have come. Errors are the system's. */
export interface Journal {
  /** Adds a line; one whose end is 0 says that nothing of the blob is there. */
  note(digest: string, offset: number, checkpoint: Checkpoint): Promise<void>;
  /** What it says by now: of what could be gone on with. */
  entries(): JournalEntries;
  close(): Promise<void>;
}

/**
 * What the journal at `path` says; undefined if there is none, or something else. A process that dies leaves every line
 * but the last one whole: what cannot be read is passed over.
 */
export async function readJournal(path: string): Promise<JournalEntries | undefined> {
  const [heading, ...lines] = (await readIfThere(path)).split("\n");
  if (heading !== HEADING) return undefined;
  const entries = new Map<string, JournalEntry>();
  for (const line of lines) {
    const noted = parseLine(line);
    if (noted === undefined || !isDigest(noted.digest)) continue;
    addLine(entries, noted);
  }
  return entries;
}

/** Adds what a line says to what those before it said. */
function addLine(entries: Map<string, JournalEntry>, { digest, offset, end, hash }: JournalLine): void {
  // What lies behind was begun anew: other bytes are there by now.
  const before = entries.get(digest)?.checkpoints.filter((checkpoint) => checkpoint.end < end) ?? [];
  if (end === 0) entries.delete(digest);
  else entries.set(digest, { offset, checkpoints: thinOut([...before, { end, hash }]) });
}

/** Of too many only those that are far enough apart, and always the last one. */
function thinOut(checkpoints: readonly Checkpoint[]): readonly Checkpoint[] {
  const last = checkpoints.at(-1);
  if (last === undefined || checkpoints.length <= 2 * CHECKPOINTS) return checkpoints;
  let behind = 0;
  return checkpoints.filter((checkpoint) => {
    if (checkpoint !== last && checkpoint.end - behind < last.end / CHECKPOINTS) return false;
    behind = checkpoint.end;
    return true;
  });
}

/** Begins a journal that says this, in the place of one that may be there. */
export async function beginJournal(path: string, entries: JournalEntries): Promise<Journal> {
  const lines = [...entries].flatMap(([digest, { offset, checkpoints }]) =>
    checkpoints.map((checkpoint) => formatLine({ digest, offset, ...checkpoint })),
  );
  await replaceFile(path, async (temporary) => await writeLines(temporary, [HEADING, ...lines]), {
    temporary: `${path}.new`,
  });
  return await openJournal(path, entries);
}

/** Goes on with a journal, which says this. */
export async function openJournal(path: string, entries: JournalEntries): Promise<Journal> {
  const handle = await open(path, "a");
  const known = new Map(entries);
  return {
    async note(digest, offset, checkpoint) {
      // The line before may have been cut short.
      const line = { digest, offset, ...checkpoint };
      await handle.appendFile(`\n${formatLine(line)}\n`);
      addLine(known, line);
    },
    entries: () => known,
    close: async () => await handle.close(),
  };
}

async function writeLines(path: string, lines: readonly string[]): Promise<void> {
  const handle: FileHandle = await open(path, "wx");
  await closeAfter(handle, async () => {
    await handle.writeFile(lines.map((line) => `${line}\n`).join(""));
    await handle.sync();
  });
}
