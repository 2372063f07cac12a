import { join } from "node:path";
import {
  cacheError,
  describeHolder,
  type EventSink,
  isBundleError,
  makeDirectory,
  toFileError,
  tryLock,
} from "@airgap-bundle/core";

/**
 * Makes a cache's directory, and notes that this process works with it until what this resolves to has been called. Warns
 * meanwhile if another one does: both are safe, but neither knows what the other one is about to fetch.
 *
 * @throws `FILE_FAILED`, `NO_SPACE` if there is no such directory and it cannot be made
 */
export async function noteCacheUse(directory: string, onEvent: EventSink): Promise<() => Promise<void>> {
  try {
    await makeDirectory(directory);
  } catch (thrown) {
    const error = toFileError(thrown, directory);
    throw isBundleError(error) ? cacheError(directory, error) : error;
  }
  // Nothing has to wait for it.
  const noting = tryNote(directory, onEvent);
  return async () => {
    const release = await noting;
    await release?.();
  };
}

/** Gives the note back; undefined where there is none. */
async function tryNote(directory: string, onEvent: EventSink): Promise<(() => Promise<void>) | undefined> {
  try {
    const lock = join(directory, "lock");
    const attempt = await tryLock(lock);
    if ("release" in attempt) return attempt.release;
    const { holder } = attempt;
    const message =
      holder === undefined
        ? `${lock} does not say who uses the cache: remove it if nobody does`
        : `${describeHolder(holder)} uses the cache ${directory} too: both may fetch the same manifests`;
    onEvent({ kind: "warning", code: "CACHE_IN_USE", message });
    return undefined;
  } catch {
    // Who has all that is needed in a cache that cannot be written to gets along; who has not is told when it matters.
    return undefined;
  }
}
