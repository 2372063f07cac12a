import { closeSync, constants, fdatasync, openSync, readSync, writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { isBundleError } from "../error.ts";
import { isMissingFile } from "../file-error.ts";
import { replaceFile } from "./replace-file.ts";

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

/**
 * Puts these bytes in the place of a file, as {@link replaceFile} does, flushed: the disk alone is worth waiting for. Its
 * directory may be removed meanwhile.
 */
export async function replaceSmallFile(path: string, content: Uint8Array): Promise<void> {
  try {
    await tryReplace(path, content);
  } catch (error) {
    if (!isBundleError(error) || !isMissingFile(error.cause)) throw error;
    await tryReplace(path, content);
  }
}

async function tryReplace(path: string, content: Uint8Array): Promise<void> {
  await replaceFile(path, async (temporary) => {
    const file = openSync(temporary, "wx");
    try {
      writeFileSync(file, content);
      await flush(file);
    } finally {
      closeSync(file);
    }
  });
}
