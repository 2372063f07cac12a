import type { Dispatcher } from "undici";
import { passOn } from "./pass-on.ts";

/**
 * Passes everything on, and lets a signal end the request before there is a connection. undici looks at signals only
 * then, and a host or a proxy that answers nothing would be waited for.
 */
export function endEarly(
  handler: Dispatcher.DispatchHandler,
  signal: AbortSignal | undefined,
): Dispatcher.DispatchHandler {
  if (signal === undefined) return handler;
  const next = passOn(handler);
  let isEnded = false;
  const end = (): void => {
    isEnded = true;
    failEarly(handler, signal.reason);
  };
  signal.addEventListener("abort", end, { once: true });
  return {
    ...next,
    onRequestStart(controller, context: unknown) {
      signal.removeEventListener("abort", end);
      if (isEnded) controller.abort(toError(signal.reason));
      else next.onRequestStart(controller, context);
    },
    onResponseError(controller, error) {
      signal.removeEventListener("abort", end);
      if (!isEnded) next.onResponseError(controller, error);
    },
  };
}

/** The signal of a request, as it is handed to undici. */
export function signalOf(request: Dispatcher.DispatchOptions): AbortSignal | undefined {
  return "signal" in request && request.signal instanceof AbortSignal ? request.signal : undefined;
}

/** Tells a handler that its request fails, of which undici has begun nothing. */
export function failEarly(handler: Dispatcher.DispatchHandler, error: unknown): void {
  const reason = toError(error);
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

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
