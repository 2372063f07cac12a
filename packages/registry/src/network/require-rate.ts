import type { Dispatcher } from "undici";
import { passOn } from "./pass-on.ts";
import { createRateMeter, type MeterRate } from "./rate-meter.ts";

/** Passes everything on, and ends an answer as lost that comes too slowly: {@link createRateMeter}. */
export function requireRate(
  handler: Dispatcher.DispatchHandler,
  meter: MeterRate = createRateMeter(),
): Dispatcher.DispatchHandler {
  const next = passOn(handler);
  return {
    ...next,
    onResponseData(controller, chunk) {
      next.onResponseData(controller, chunk);
      const tooSlow = meter(chunk.length, controller.paused);
      if (tooSlow !== undefined) controller.abort(tooSlow);
    },
  };
}
