/** What may stay in the heap for good while any number of inputs is run. */
const MAX_GROWTH = 64 * 1024 * 1024;
/** What the whole process may take at any time: a reader holds documents of 64 MiB at most. */
const MAX_RSS = 1024 * 1024 * 1024;
/** Inputs between two looks. */
const INTERVAL = 1000;

const MIB = 1024 * 1024;

/** Looks at memory in intervals. */
export interface MemoryWatch {
  /** @throws if memory grew beyond its bounds */
  check(index: number): void;
  describe(): string;
}

/** Begins with what the heap holds after the first interval. */
export function watchMemory(): MemoryWatch {
  let looks = 0;
  let seen = 0;
  let baseline: number | undefined;
  let growth = 0;
  let peak = 0;
  return {
    check(index) {
      seen += 1;
      if (seen % INTERVAL !== 0) return;
      looks += 1;
      peak = Math.max(peak, process.memoryUsage.rss());
      if (peak > MAX_RSS)
        throw new Error(`By input ${index} the process takes ${Math.round(peak / MIB)} MiB`);
      globalThis.gc?.();
      const { heapUsed } = process.memoryUsage();
      baseline ??= heapUsed;
      growth = heapUsed - baseline;
      if (growth > MAX_GROWTH && globalThis.gc !== undefined)
        throw new Error(`By input ${index} the heap has grown by ${Math.round(growth / MIB)} MiB`);
    },
    describe: () =>
      `heap ${growth >= 0 ? "+" : ""}${(growth / MIB).toFixed(1)} MiB, peak ${Math.round(peak / MIB)} MiB (${looks} looks)`,
  };
}
