import { access, constants } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, resolve } from "node:path";
import { BundleError } from "../error.ts";
import { describeFileError, isMissingFile, isNoSpace, isSystemError } from "../file-error.ts";
import { type Holder, tryLock } from "../store/lock-file.ts";

/**
 * Sees to it that no other process writes `path` until what this resolves to has been called.
 *
 * @throws `OUTPUT_IN_USE` naming the process that does; `USAGE` if there is no such directory; `FILE_FAILED`, `NO_SPACE` if
 * nothing can be written there
 */
export async function claimOutput(path: string): Promise<() => Promise<void>> {
  await checkWritable(path);
  const lock = `${path}.lock`;
  try {
    const attempt = await tryLock(lock);
    if ("holder" in attempt) throw inUse(path, lock, attempt.holder);
    return attempt.release;
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** `process 4711 on this machine`. */
export function describeHolder({ pid, host, isNear }: Holder): string {
  if (isNear) return `process ${pid} on this machine`;
  return host === hostname()
    ? `process ${pid} of another container, called ${host},`
    : `process ${pid} on ${host}`;
}

function inUse(path: string, lock: string, holder: Holder | undefined): BundleError {
  if (holder === undefined) {
    return new BundleError(
      "OUTPUT_IN_USE",
      `Cannot write ${path}: ${lock} is there, and does not say who is writing it`,
      { hint: `If nobody is, move ${lock} away; or choose another name with -o` },
    );
  }
  const wait = "Wait until it has ended, or choose another name with -o";
  return new BundleError("OUTPUT_IN_USE", `Cannot write ${path}: ${describeHolder(holder)} is writing it`, {
    hint: holder.isNear ? wait : `${wait}; if it is no longer running there, remove ${lock}`,
  });
}

/** Found out now rather than when everything has been resolved. */
async function checkWritable(path: string): Promise<void> {
  const directory = dirname(resolve(path));
  try {
    await access(directory, constants.W_OK);
  } catch (error) {
    if (!isMissingFile(error)) throw unwritable(path, error);
    throw new BundleError("USAGE", `Cannot write ${path}: there is no directory ${directory}`, {
      cause: error,
      hint: "Make the directory first, or choose another place with -o",
    });
  }
}

/** The system's error as one of the file that is wanted, whatever beside it could not be written. */
function unwritable(path: string, error: unknown): unknown {
  if (!isSystemError(error)) return error;
  if (isNoSpace(error)) {
    const hint = `Make room in ${dirname(resolve(path))}, or choose another place with -o`;
    return new BundleError("NO_SPACE", `Cannot write ${path}: no space is left`, { cause: error, hint });
  }
  return new BundleError("FILE_FAILED", `Cannot write ${path}: ${describeFileError(error)}`, {
    cause: error,
    hint: "Choose another place with -o, or let this user write there",
  });
}
