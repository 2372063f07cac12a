import { type BundleError, isBundleError } from "../error.ts";
import { isForAll } from "../is-for-all.ts";
import type { AbortOptions } from "../repository.ts";
import { mayPass } from "../retry.ts";
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
   * last. `count` pulls are needed. Ends as well if this manifest cannot be asked about for another reason: its pull will
   * tell. A connection that is lost meanwhile ends nothing.
   *
   * @throws `refusal` if a window has passed without one being granted; what concerns all; the abort reason
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

  /** A HEAD is free, and tells what is left: why there is more to wait, if there is. */
  const ask = async (
    { descriptor, from }: WantedManifest,
    refusal: BundleError,
    abort: AbortOptions,
  ): Promise<BundleError | undefined> => {
    try {
      const found = await openSource(from).resolve(descriptor.digest, abort);
      return found !== undefined && pullLimit(from.registry)?.remaining === 0 ? refusal : undefined;
    } catch (error) {
      abort.signal?.throwIfAborted();
      if (!isBundleError(error) || isForAll(error)) throw error;
      return mayPass(error) ? error : undefined;
    }
  };

  return {
    async wait(wanted, count, refusal, abort = {}) {
      const { registry } = wanted.from;
      for (let last: BundleError | undefined = refusal; last !== undefined; ) {
        const limit = pullLimit(registry);
        const waitedMs = waited.get(registry) ?? 0;
        const leftMs = (limit?.windowSeconds ?? DEFAULT_WINDOW_SECONDS) * 1000 + MARGIN_MS - waitedMs;
        if (leftMs <= 0) throw refusal;
        const waitMs = Math.min(leftMs, resetOf(limit, last) ?? Math.min(askEveryMs, windowOf(limit)));
        onEvent?.({ kind: "retry", host: registry, message: describe(count, last), waitMs });
        await wait(waitMs, abort.signal);
        waited.set(registry, waitedMs + waitMs);
        last = await ask(wanted, refusal, abort);
      }
    },
    reset(registry) {
      waited.delete(registry);
    },
  };
}

function describe(count: number, last: BundleError): string {
  const message = `it grants no more pulls for now, and ${count} ${count === 1 ? "is" : "are"} still needed`;
  return isRefusal(last) ? message : `${message}; asking it failed: ${last.message}`;
}

/** In how many milliseconds the registry says that it grants more; nothing is known from one that could not be asked. */
function resetOf(limit: PullLimit | undefined, last: BundleError): number | undefined {
  if (!isRefusal(last)) return undefined;
  const resetMs = limit?.resetSeconds === undefined ? undefined : limit.resetSeconds * 1000;
  const askedMs = last.retryAfterMs ?? resetMs;
  return askedMs === undefined ? undefined : Math.max(MIN_WAIT_MS, askedMs);
}

/** In so many milliseconds at most it grants more, though nobody knows when its window began. */
function windowOf(limit: PullLimit | undefined): number {
  return Math.max(MIN_WAIT_MS, (limit?.windowSeconds ?? DEFAULT_WINDOW_SECONDS) * 1000);
}

function isRefusal({ code }: BundleError): boolean {
  return code === "TOOMANYREQUESTS";
}
