import type { AbortOptions } from "./repository.ts";

/** How many at once. */
export interface ConcurrencyOptions extends AbortOptions {
  readonly concurrency: number;
}

/**
 * Applies `work` to every item, at most `concurrency` at a time, and gives the results in the items' order. The first
 * failure aborts the signals that the others were given; it is thrown when all of them have ended.
 *
 * @throws what `work` threw first, or the abort reason of `options.signal`
 */
export async function mapConcurrent<T, R>(
  items: readonly T[],
  work: (item: T, signal: AbortSignal) => Promise<R>,
  options: ConcurrencyOptions,
): Promise<R[]> {
  const { concurrency, signal } = options;
  const failure = new AbortController();
  const both = signal === undefined ? failure.signal : AbortSignal.any([signal, failure.signal]);
  const results: R[] = new Array(items.length);
  const queue = items.entries();
  // Each item has a signal of its own, and theirs has one listener: in node the listeners that were taken off a signal
  // still refer to each other, so that all of them, and all that they knew, would stay until the whole heap is cleaned.
  const running: (AbortController | undefined)[] = [];
  const abort = (): void => {
    for (const one of running) one?.abort(both.reason);
  };
  const worker = async (place: number): Promise<void> => {
    for (const [index, item] of queue) {
      both.throwIfAborted();
      const own = new AbortController();
      running[place] = own;
      results[index] = await work(item, own.signal);
      running[place] = undefined;
    }
  };
  const guarded = async (_: unknown, place: number): Promise<void> => {
    try {
      await worker(place);
    } catch (error) {
      failure.abort(error);
    }
  };
  both.addEventListener("abort", abort, { once: true });
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, guarded));
  both.removeEventListener("abort", abort);
  both.throwIfAborted();
  return results;
}
