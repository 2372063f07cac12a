import { setTimeout as sleep } from "node:timers/promises";

/** Resolves after so many milliseconds. @throws the abort reason of `signal` */
export async function wait(waitMs: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleep(waitMs, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    // node throws an error of its own in the reason's place.
    signal?.throwIfAborted();
    throw error;
  }
}
