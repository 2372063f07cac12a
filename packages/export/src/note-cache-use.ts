import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describeFileError, describeHolder, type EventSink, tryLock } from "@airgap-bundle/core";

/**
 * Notes that this process works with a cache until what this resolves to has been called, and warns if another one does:
 * both are safe, but neither knows what the other one is about to fetch.
 */
export async function noteCacheUse(directory: string, onEvent: EventSink): Promise<() => Promise<void>> {
  try {
    await mkdir(directory, { recursive: true });
    const attempt = await tryLock(join(directory, "lock"));
    if ("release" in attempt) return attempt.release;
    const message = `${describeHolder(attempt.holder)} uses the cache ${directory} too: both may fetch the same manifests`;
    onEvent({ kind: "warning", code: "CACHE_IN_USE", message });
  } catch (error) {
    // Who has all that is needed in a cache that cannot be written to gets along; who has not is told when it matters.
    onEvent({ kind: "log", message: `the cache ${directory} cannot be locked: ${describeFileError(error)}` });
  }
  return async () => await Promise.resolve();
}
