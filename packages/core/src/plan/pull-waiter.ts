import { type BundleError, isBundleError } from "../error.ts";
import type { AbortOptions } from "../repository.ts";
import { wait } from "../wait.ts";
import type { WantedManifest } from "./manifest-outcomes.ts";
import type { PullLimit } from "./plan.ts";
import type { PlanOptions } from "./plan-options.ts";

/** Docker Hub says only how long its window is. A HEAD costs no pull, but they are not to be wasted either. */
const ASK_EVERY_MS = 5 * 60_000;

/** A window that is only now at its end for the registry's clock. */
const MIN_WAIT_MS = 1000;

/** Docker Hub's window, for a registry that names none. */
const DEFAULT_WINDOW_SECONDS = 21_600;

/** Beyond the window: clocks differ, and others may have used up what was granted. */
const MARGIN_MS = 10 * 60_000;

/** Waits for registries to grant pulls again. */
export interface PullWaiter {
  /**
   * Waits until the registry of this manifest grants pulls, and tells each time for how long. `refusal` is what it said
   * last. `count` pulls are needed.
   *
   * @throws `refusal` if a window has passed without one being granted; what asking fails with; the abort reason
   */
  wait(wanted: WantedManifest, count: number, refusal: BundleError, options?: AbortOptions): Promise<void>;
  /** This registry granted a pull: a new window may begin. */
  reset(registry: string): void;
}

/** Fails where it would have to wait. */
export const NO_WAITER: PullWaiter = {
  wait: async (_wanted, _count, refusal) => await Promise.reject(refusal),
  reset: () => undefined,
};

/** A waiter that has not waited yet. */
export function createPullWaiter(options: PlanOptions): PullWaiter {
  const { openSource, pullLimit, onEvent, askEveryMs = ASK_EVERY_MS } = options;
  /** Milliseconds since a registry granted the last pull. */
  const waited = new Map<string, number>();

  /** A HEAD is free, and tells what is left. */
  const ask = async (
    { descriptor, from }: WantedManifest,
    abort: AbortOptions,
  ): Promise<BundleError | undefined> => {
    try {
      await openSource(from).resolve(descriptor.digest, abort);
      return undefined;
    } catch (error) {
      if (!isBundleError(error, "TOOMANYREQUESTS")) throw error;
      return error;
    }
  };

  return {
    async wait(wanted, count, refusal, abort = {}) {
      const { registry } = wanted.from;
      const message = `it grants no more pulls for now, and ${count} are still needed`;
      for (let last: BundleError | undefined = refusal; last !== undefined; ) {
        const limit = pullLimit(registry);
        const waitedMs = waited.get(registry) ?? 0;
        const leftMs = (limit?.windowSeconds ?? DEFAULT_WINDOW_SECONDS) * 1000 + MARGIN_MS - waitedMs;
        if (leftMs <= 0) throw refusal;
        const waitMs = Math.min(leftMs, resetOf(limit, last) ?? askEveryMs);
        onEvent?.({ kind: "retry", host: registry, message, waitMs });
        await wait(waitMs, abort.signal);
        waited.set(registry, waitedMs + waitMs);
        last = (await ask(wanted, abort)) ?? (isUsedUp(pullLimit(registry)) ? refusal : undefined);
      }
    },
    reset(registry) {
      waited.delete(registry);
    },
  };
}

/** In how many milliseconds the registry says that it grants more. */
function resetOf(limit: PullLimit | undefined, { retryAfterMs }: BundleError): number | undefined {
  const resetMs = limit?.resetSeconds === undefined ? undefined : limit.resetSeconds * 1000;
  const askedMs = retryAfterMs ?? resetMs;
  return askedMs === undefined ? undefined : Math.max(MIN_WAIT_MS, askedMs);
}

function isUsedUp(limit: PullLimit | undefined): boolean {
  return limit !== undefined && limit.remaining === 0;
}
