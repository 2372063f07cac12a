import {
  closeSync,
  constants,
  fdatasync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { isMissingFile } from "../file-error.ts";
import { makeDirectory } from "./make-directory.ts";

const flush = promisify(fdatasync);

/**
 * The first bytes of a file, at most `maxSize`, without a turn of the event loop: each of the four trips to node's threads
 * takes longer than all of this. A pipe of that name is not waited for.
 *
 * @throws errors of the system
 */
export function readSmallFile(path: string, maxSize: number): Buffer {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const buffer = Buffer.allocUnsafe(maxSize);
    let filled = 0;
    while (filled < maxSize) {
      const size = readSync(file, buffer, filled, maxSize - filled, null);
      if (size === 0) break;
      filled += size;
    }
    return buffer.subarray(0, filled);
  } finally {
    closeSync(file);
  }
}

/** Undefined if there is no such file. @throws errors of the system */
export function sizeOfFile(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}

/**
 * Puts these bytes in the place of a file, and makes the directories above it. Readers see the old file or the new one,
 * also after a loss of power.
 *
 * @throws errors of the system
 */
export async function replaceSmallFile(path: string, content: Uint8Array): Promise<void> {
  try {
    await writeAndRename(path, content);
  } catch (error) {
    if (!isMissingFile(error)) throw error;
    await makeDirectory(dirname(path));
    await writeAndRename(path, content);
  }
}

async function writeAndRename(path: string, content: Uint8Array): Promise<void> {
  // The dot keeps it out of every list of names.
  const temporary = join(dirname(path), `.${crypto.randomUUID()}`);
  const file = openSync(temporary, "wx");
  try {
    try {
      writeFileSync(file, content);
      // The disk alone is worth waiting for.
      await flush(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
