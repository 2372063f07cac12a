import { NetworkError } from "./network-error.ts";

/** Long enough for a line that is down for a while, and comes back. */
const WINDOW_MS = 120_000;

/** A KiB a second. What is slower is not a slow line, but a server that keeps its clients waiting. */
const MIN_WINDOW_SIZE = 120 * 1024;

/** Takes bytes that have come, and whether their reader takes no more for now; gives an error if they come too slowly. */
export type MeterRate = (size: number, isHeldUp: boolean) => NetworkError | undefined;

/** A meter for one answer that comes a few bytes at a time, and so never is idle for long. */
export function createRateMeter(now: () => number = () => performance.now()): MeterRate {
  let beganAt: number | undefined;
  let size = 0;
  return (added, isHeldUp) => {
    size += added;
    if (beganAt !== undefined && !isHeldUp) {
      if (now() - beganAt < WINDOW_MS) return undefined;
      if (size < MIN_WINDOW_SIZE) return tooSlow();
    }
    // The time in which the reader takes nothing does not count.
    beganAt = isHeldUp ? undefined : now();
    size = 0;
    return undefined;
  };
}

function tooSlow(): NetworkError {
  return new NetworkError("CONNECTION_FAILED", "less than 1 KiB a second has come for two minutes");
}
