import type { Receiver, Wire } from "./wire.ts";

/** A connection that brings less than this in a window is as good as dead, though something comes now and then. */
const MIN_BYTES = 120 * 1024;
const WINDOW_MS = 120_000;

/** Watches how fast an answer comes. */
export interface Pace {
  watch(receiver: Receiver): Receiver;
  end(): void;
}

/** Ends a connection that brings less than 1 KiB a second over two minutes, unless it is its reader that is slow. */
export function watchPace(wire: Pick<Wire, "destroy">): Pace {
  let size = 0;
  let isWaiting = false;
  let hasWaited = false;
  const timer = setInterval(() => {
    if (size < MIN_BYTES && !hasWaited) wire.destroy(tooSlow(size));
    size = 0;
    hasWaited = isWaiting;
  }, WINDOW_MS).unref();

  return {
    watch: (receiver) => ({
      ...receiver,
      received(chunk) {
        size += chunk.length;
        const goesOn = receiver.received(chunk);
        isWaiting = !goesOn;
        hasWaited ||= isWaiting;
        return goesOn;
      },
    }),
    end: () => clearInterval(timer),
  };
}

function tooSlow(size: number): Error {
  const message = `no more than ${size} bytes came in ${WINDOW_MS / 1000} seconds`;
  return Object.assign(new Error(message), { code: "ETIMEDOUT" });
}
