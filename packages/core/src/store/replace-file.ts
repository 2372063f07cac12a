import { existsSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { toFileError } from "../file-error.ts";
import { makeDirectory } from "./make-directory.ts";

/**
 * Puts what `write` writes to a temporary file in the place of `path`, and makes the directories above it. Readers see
 * the old file or the new one; after a failure nothing is left behind.
 *
 * @throws `FILE_FAILED`, `NO_SPACE`, and what `write` throws
 */
export async function replaceFile(path: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const directory = dirname(path);
  // The dot keeps it out of every list of names.
  const temporary = join(directory, `.${crypto.randomUUID()}`);
  try {
    if (!existsSync(directory)) await makeDirectory(directory);
    await writeAndRename(temporary, path, write);
  } catch (error) {
    throw toFileError(error, path);
  }
}

async function writeAndRename(
  temporary: string,
  path: string,
  write: (temporary: string) => Promise<void>,
): Promise<void> {
  try {
    await write(temporary);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
