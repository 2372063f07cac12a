import { type ConcurrencyOptions, mapConcurrent } from "../map-concurrent.ts";

/**
 * Works off `items` and whatever their work brings up, at most `concurrency` at a time; what was brought up goes first.
 *
 * @throws what `work` threw first, or the abort reason of `options.signal`
 */
export async function workOff<T>(
  items: readonly T[],
  work: (item: T, signal: AbortSignal) => Promise<readonly T[]>,
  options: ConcurrencyOptions,
): Promise<void> {
  const queue = items.values();
  const broughtUp: T[] = [];
  let busy = 0;
  let next = Promise.withResolvers<void>();

  const run = async (item: T, signal: AbortSignal): Promise<void> => {
    busy += 1;
    try {
      for (const further of await work(item, signal)) broughtUp.push(further);
    } finally {
      busy -= 1;
      next.resolve();
      next = Promise.withResolvers();
    }
  };
  const worker = async (_: number, signal: AbortSignal): Promise<void> => {
    for (;;) {
      signal.throwIfAborted();
      const item = broughtUp.pop() ?? queue.next().value;
      if (item !== undefined) await run(item, signal);
      // Somebody else's work may still bring something up.
      else if (busy > 0) await next.promise;
      else return;
    }
  };
  await mapConcurrent(
    Array.from({ length: options.concurrency }, (_, number) => number),
    worker,
    options,
  );
}
