import { setTimeout as sleep } from "node:timers/promises";

/** Lets bytes through no faster than a link would, together for all who use it. */
export type Pace = (size: number, signal: AbortSignal) => Promise<void>;

/** A link of this speed. */
export function createPace(bytesPerSecond: number): Pace {
  let freeAt = 0;
  return async (size, signal) => {
    const now = performance.now();
    freeAt = Math.max(now, freeAt) + (size / bytesPerSecond) * 1000;
    if (freeAt - now >= 1) await sleep(freeAt - now, undefined, { signal });
  };
}
