import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
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
 * @throws `OUTPUT_EXISTS` if there is something that is no sound bundle; `USAGE` if the path is a directory, a pipe or a
 * device; `FILE_FAILED`
 */
export async function openExistingBundle(
  path: string,
  options: OpenExistingOptions = {},
): Promise<OpenedBundle | undefined> {
  const found = await findFile(path);
  if (found === undefined) return undefined;
  if (found.isDirectory()) throw directoryError(path);
  if (!found.isFile()) throw noFile(path);
  try {
    return await openBundle(path);
  } catch (cause) {
    if (!isBundleError(cause) || cause.code === "USAGE") throw cause;
    if (options.isForced === true) return undefined;
    if (cause.code === "FILE_FAILED") throw cause;
    throw new BundleError("OUTPUT_EXISTS", `Cannot write ${path}: it is there and is no sound bundle`, {
      cause,
      hint: "Choose another name with -o, or replace it with --force",
    });
  }
}

function directoryError(path: string): BundleError {
  return new BundleError("USAGE", `Cannot write ${path}: it is a directory`, {
    hint: `Name a file in it, as in -o ${join(path, "OUT.tar")}`,
  });
}

async function findFile(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (isMissingFile(error)) return undefined;
    throw toFileError(error, path);
  }
}

/** A pipe would be waited for, and a device, such as /dev/null, replaced by a file. */
function noFile(path: string): BundleError {
  return new BundleError("USAGE", `Cannot write ${path}: it is a pipe or a device`, {
    hint: "Write to it with -o - and a redirection",
  });
}
