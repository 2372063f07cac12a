import { type FileHandle, open, rm, stat, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { BundleError } from "@airgap-bundle/core/basics";

/** The first entry of a bundle. */
const BUNDLE_START = "oci-layout";

/** A file that a command writes beside its work. */
export interface OutputFile {
  readonly path: string;
  /** The flag that named it, for messages. */
  readonly flag: string;
  /** Files of the same command line, which it must not be. */
  readonly others: readonly string[];
}

/**
 * Makes sure, before any work is done, that a result can be written to a file, and removes the result of an earlier run:
 * nobody shall take it for this one's.
 *
 * @throws `USAGE` for `-`, another file of the command line, a missing directory, or a file that is a bundle or cannot be
 * written; nothing is removed then
 */
export async function prepareOutputFile({ path, flag, others }: OutputFile): Promise<void> {
  if (path === "-") throw refused(path, flag, "it takes a file; without it the result goes to stdout");
  if (others.some((other) => resolve(other) === resolve(path))) {
    throw refused(path, flag, "the command line names that file for something else");
  }
  if (!(await isDirectory(dirname(resolve(path))))) throw refused(path, flag, "there is no such directory");
  if (await isDirectory(path)) throw refused(path, flag, "it is a directory");
  if (!(await isReplaceable(path)))
    throw refused(path, flag, "it is there and is a bundle, or cannot be written to");
  await rm(path, { force: true });
}

/** Writes a result. @throws `FILE_FAILED` */
export async function writeOutputFile({ path, flag }: OutputFile, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BundleError("FILE_FAILED", `Cannot write ${flag} ${path}: ${reason}`, { cause });
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

/** A regular file may be written anew, but not a bundle: it is what takes hours to make. */
async function isReplaceable(path: string): Promise<boolean> {
  let handle: FileHandle;
  try {
    handle = await open(path, "r+");
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOENT";
  }
  try {
    const start = Buffer.alloc(BUNDLE_START.length);
    await handle.read(start, 0, start.length, 0);
    return (await handle.stat()).isFile() && start.toString("latin1") !== BUNDLE_START;
  } finally {
    await handle.close();
  }
}

function refused(path: string, flag: string, what: string): BundleError {
  return new BundleError("USAGE", `Cannot write ${flag} ${path}: ${what}`, { hint: "Name another file" });
}
