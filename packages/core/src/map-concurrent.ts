import type { AbortOptions } from "./repository.ts";

/** How many at once. */
export interface ConcurrencyOptions extends AbortOptions {
  readonly concurrency: number;
}

/**
 * Applies `work` to every item, at most `concurrency` at a time, and gives the results in the items' order. The first
 * failure aborts the signal that the others were given; it is thrown when all of them have ended.
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
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) {
      both.throwIfAborted();
      results[index] = await work(item, both);
    }
  };
  const guarded = async (): Promise<void> => {
    try {
      await worker();
    } catch (error) {
      failure.abort(error);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, guarded));
  both.throwIfAborted();
  return results;
}
