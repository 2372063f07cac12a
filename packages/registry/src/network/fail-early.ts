import type { Dispatcher } from "undici";

/** Tells a handler that its request fails, of which undici has not begun anything. */
export function failEarly(handler: Dispatcher.DispatchHandler, error: unknown): void {
  const reason = error instanceof Error ? error : new Error(String(error));
  const controller: Dispatcher.DispatchController = {
    aborted: true,
    paused: false,
    reason,
    abort: () => undefined,
    pause: () => undefined,
    resume: () => undefined,
  };
  handler.onResponseError?.(controller, reason);
}
