import { stat, statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { BundleError } from "../error.ts";
import { isMissingFile, toFileError } from "../file-error.ts";

/** What Linux calls FAT in statfs, and the largest file that it takes. */
const FAT_TYPE = 0x4d44;
const MAX_FAT_SIZE = 2 ** 32 - 1;

/**
 * Looks whether a file of `size` bytes will fit where `path` is, of which `partial` has taken a part already, and how many
 * bytes larger it may be.
 *
 * @throws `NO_SPACE` naming what is needed and what is there; `FILE_FAILED` if there is no such directory
 */
export async function checkSpace(path: string, size: number, partial: string): Promise<number> {
  const directory = dirname(resolve(path));
  const { type, bavail, bsize } = await statDirectory(directory);
  const available = bavail * bsize;
  const needed = size - (await takenBy(partial));
  if (needed > available) {
    throw new BundleError(
      "NO_SPACE",
      `Cannot write ${path}: it needs ${needed} bytes more and ${available} are free`,
      {
        hint: `Make room in ${directory} or write the bundle elsewhere with -o`,
      },
    );
  }
  if (type === FAT_TYPE && size > MAX_FAT_SIZE) {
    throw new BundleError(
      "NO_SPACE",
      `Cannot write ${path}: it needs ${size} bytes and FAT takes ${MAX_FAT_SIZE} a file`,
      {
        hint: "Format the medium with exFAT or another file system that takes large files",
      },
    );
  }
  return type === FAT_TYPE ? Math.min(available - needed, MAX_FAT_SIZE - size) : available - needed;
}

/** Bytes of the disk that a file has, which are fewer than its size where it has holes. */
async function takenBy(path: string): Promise<number> {
  try {
    const { blocks } = await stat(path);
    return blocks * 512;
  } catch (error) {
    if (isMissingFile(error)) return 0;
    throw toFileError(error, path);
  }
}

async function statDirectory(directory: string): Promise<{ type: number; bavail: number; bsize: number }> {
  try {
    return await statfs(directory);
  } catch (error) {
    throw toFileError(error, directory);
  }
}
