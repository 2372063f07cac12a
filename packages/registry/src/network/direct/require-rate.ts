import { createRateMeter } from "../rate-meter.ts";
import type { ResponseReceiver } from "./receive-response.ts";
import type { Receiver, Wire } from "./wire.ts";

/**
 * As that of the same name for undici: ends a connection on which an answer comes too slowly. One that has not begun is
 * only announced, as often as a server likes that has much to do first.
 */
export function requireRate(receiver: ResponseReceiver, wire: Pick<Wire, "destroy">): Receiver {
  let meter = createRateMeter();
  return {
    ...receiver,
    received(chunk) {
      const goesOn = receiver.received(chunk);
      if (!receiver.hasBegun()) {
        meter = createRateMeter();
        return goesOn;
      }
      const tooSlow = meter(chunk.length, !goesOn);
      if (tooSlow !== undefined) wire.destroy(tooSlow);
      return goesOn;
    },
  };
}
