import { renameSync, rmSync, writeFileSync } from "node:fs";
import { type FileHandle, open, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { BundleError, closeAfter, describeFileError } from "@airgap-bundle/core/basics";
import { toOutputError } from "./output-error.ts";
import { type OutputKind, START_SIZE, whyKept } from "./output-kind.ts";

/** A file that a command writes beside its work. */
export interface OutputFile {
  readonly path: string;
  readonly kind: OutputKind;
  /** The flag that named it, for messages. */
  readonly flag: string;
  /** Files of the same command line, which it must not be. */
  readonly others: readonly string[];
}

/**
 * Makes sure, before any work is done, that a result can be written to a file, and removes the result of an earlier run:
 * nobody shall take it for this one's.
 *
 * @throws `USAGE` for `-`, another file of the command line, a missing directory, or a file that cannot be written or is
 * none of this kind; nothing is removed then
 */
export async function prepareOutputFile({ path, kind, flag, others }: OutputFile): Promise<void> {
  if (path === "-") throw refused(path, flag, "it takes a file; without it the result goes to stdout");
  if (others.some((other) => resolve(other) === resolve(path))) {
    throw refused(path, flag, "the command line names that file for something else");
  }
  if (!(await isDirectory(dirname(resolve(path))))) throw refused(path, flag, "there is no such directory");
  if (await isDirectory(path)) throw refused(path, flag, "it is a directory");
  const why = await checkReplaceable(path, kind);
  if (why !== undefined) throw refused(path, flag, why);
  await rm(path, { force: true });
}

/** Writes a result: all of it is there afterwards, or nothing. @throws `NO_SPACE`, `FILE_FAILED` */
export function writeOutputFile(file: OutputFile, text: string): void {
  // The dot keeps it out of every list of names.
  const temporary = join(dirname(file.path), `.${crypto.randomUUID()}`);
  try {
    writeFileSync(temporary, text, { flag: "wx", flush: true });
    renameSync(temporary, file.path);
  } catch (cause) {
    throw toOutputError(file, cause);
  } finally {
    rmSync(temporary, { force: true });
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    // Not there, or not to be looked at: no directory to write in.
    return false;
  }
}

/** Why what is there is not to be replaced; undefined if it may be, or nothing is there. */
async function checkReplaceable(path: string, kind: OutputKind): Promise<string | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(path, "r+");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    return describeFileError(error);
  }
  return await closeAfter(handle, async () => {
    if (!(await handle.stat()).isFile()) return "it is there and is no file";
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(START_SIZE), 0, START_SIZE, 0);
    return whyKept(buffer.toString("utf8", 0, bytesRead), kind);
  });
}

function refused(path: string, flag: string, what: string): BundleError {
  return new BundleError("USAGE", `Cannot write ${flag} ${path}: ${what}`, {
    hint: "Name another file, or remove it",
  });
}
