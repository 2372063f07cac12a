import type { Dispatcher } from "undici";
import { NetworkError } from "./network-error.ts";
import { passOn } from "./pass-on.ts";

/** Long enough for a line that is down for a while, and comes back. */
const WINDOW_MS = 120_000;

/** A KiB a second. What is slower is not a slow line, but a server that keeps its clients waiting. */
const MIN_WINDOW_SIZE = 120 * 1024;

/**
 * Passes everything on, and ends an answer as lost that comes a few bytes at a time, which never is idle for long. The time
 * in which the reader takes nothing does not count.
 */
export function requireRate(
  handler: Dispatcher.DispatchHandler,
  now: () => number = () => performance.now(),
): Dispatcher.DispatchHandler {
  const next = passOn(handler);
  let beganAt: number | undefined;
  let size = 0;
  return {
    ...next,
    onResponseData(controller, chunk) {
      next.onResponseData(controller, chunk);
      size += chunk.length;
      if (beganAt !== undefined && !controller.paused) {
        if (now() - beganAt < WINDOW_MS) return;
        if (size < MIN_WINDOW_SIZE) return controller.abort(tooSlow());
      }
      beganAt = controller.paused ? undefined : now();
      size = 0;
    },
  };
}

function tooSlow(): NetworkError {
  return new NetworkError("CONNECTION_FAILED", "less than 1 KiB a second has come for two minutes");
}
