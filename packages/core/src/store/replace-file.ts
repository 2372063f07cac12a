import { existsSync, renameSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { closeOnFailure } from "../close-after.ts";
import { toFileError } from "../file-error.ts";
import { makeDirectory } from "./make-directory.ts";

/** How a file is replaced. */
export interface ReplaceOptions {
  /**
   * A name for the temporary file, where there is one writer at a time: what is left of one that died is written over.
   *
   * @default a new one beside `path`
   */
  readonly temporary?: string;
}

/**
 * Puts what `write` writes to a temporary file in the place of `path`, and makes the directories above it. Readers see
 * the old file or the new one; after a failure nothing is left behind.
 *
 * @throws `FILE_FAILED`, `NO_SPACE`, and what `write` throws
 */
export async function replaceFile(
  path: string,
  write: (temporary: string) => Promise<void>,
  options: ReplaceOptions = {},
): Promise<void> {
  const directory = dirname(path);
  // The dot keeps it out of every list of names.
  const { temporary = join(directory, `.${crypto.randomUUID()}`) } = options;
  try {
    if (options.temporary !== undefined) rmSync(temporary, { force: true });
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
  const clearing = { close: async () => await rm(temporary, { force: true }) };
  await closeOnFailure(clearing, async () => {
    await write(temporary);
    renameSync(temporary, path);
  });
}
