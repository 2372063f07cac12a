/** The rate is that of the last ten seconds: long enough to be steady, short enough to show a stall. */
const WINDOW_MS = 10_000;
const SAMPLE_EVERY_MS = 500;

/** Measures how fast bytes move. */
export interface TransferRate {
  add(size: number): void;
  /** Bytes per second; undefined while it is too early to say. */
  perSecond(): number | undefined;
}

/** Starts to measure; `now` is a clock in milliseconds. */
export function createTransferRate(now: () => number): TransferRate {
  let moved = 0;
  const samples = [{ at: now(), moved }];

  /** Notes how far the work is, at most twice a second, and forgets what is older than the window. */
  function sample(): void {
    const at = now();
    if (at - (samples.at(-1)?.at ?? at) < SAMPLE_EVERY_MS) return;
    samples.push({ at, moved });
    while (samples.length > 2 && (samples[1]?.at ?? at) < at - WINDOW_MS) samples.shift();
  }

  return {
    add: (size) => {
      moved += size;
      sample();
    },
    perSecond: () => {
      sample();
      const oldest = samples[0];
      const elapsedMs = oldest === undefined ? 0 : now() - oldest.at;
      if (oldest === undefined || elapsedMs < 1000) return;
      return Math.max(0, ((moved - oldest.moved) * 1000) / elapsedMs);
    },
  };
}
