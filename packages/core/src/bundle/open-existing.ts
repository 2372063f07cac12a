import { access, constants, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { BundleError, isBundleError } from "../error.ts";
import { isMissingFile, toFileError } from "../file-error.ts";
import { type OpenedBundle, openBundle } from "./open-bundle.ts";

/** What may be done to a file that is there. */
export interface OpenExistingOptions {
  /** Replace it even if it is no bundle. @default false */
  readonly isForced?: boolean;
}

/**
 * The bundle that a path holds already; undefined if there is nothing, or something else that may be replaced.
 *
 * @throws `OUTPUT_EXISTS` if there is something that is no sound bundle; `FILE_FAILED` if nothing can be written there
 */
export async function openExistingBundle(
  path: string,
  options: OpenExistingOptions = {},
): Promise<OpenedBundle | undefined> {
  await checkWritable(dirname(resolve(path)));
  if (!(await exists(path))) return undefined;
  try {
    return await openBundle(path);
  } catch (cause) {
    if (options.isForced === true) return undefined;
    if (!isBundleError(cause)) throw cause;
    throw new BundleError("OUTPUT_EXISTS", `Cannot write ${path}: it is there and is no sound bundle`, {
      cause,
      hint: "Choose another name with -o, or replace it with --force",
    });
  }
}

/** Found out now rather than when everything has been resolved. */
async function checkWritable(directory: string): Promise<void> {
  try {
    await access(directory, constants.W_OK);
  } catch (error) {
    throw toFileError(error, directory);
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isMissingFile(error)) return false;
    throw toFileError(error, path);
  }
}
