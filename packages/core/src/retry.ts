import { setTimeout as sleep } from "node:timers/promises";
import { type BundleError, type ErrorCode, isBundleError } from "./error.ts";
import type { EventSink } from "./events.ts";
import type { AbortOptions } from "./repository.ts";

/** Attempts in all: what regclient, containerd and oras settle on. */
const DEFAULT_ATTEMPTS = 5;

/** The first wait; each further one is twice as long. */
const FIRST_WAIT_MS = 500;

/** A registry that wants more than this is not waited for: the operator is told instead. */
const MAX_WAIT_MS = 60_000;

/** What may pass by itself. */
const PASSING: ReadonlySet<ErrorCode> = new Set(["CONNECTION_FAILED", "UNAVAILABLE", "TOOMANYREQUESTS"]);

/** How something is tried again. */
export interface RetryOptions extends AbortOptions {
  /** @default 5 */
  readonly attempts?: number;
  /** Codes worth one more attempt beside a lost connection, an overloaded registry and a request to slow down. */
  readonly alsoRetryOnce?: readonly ErrorCode[];
  readonly onEvent?: EventSink;
}

/**
 * Does `work` until it succeeds, fails for good, or the attempts are used up. Waits between attempts: what the registry
 * asked for, else half a second, doubled each time.
 *
 * @throws the last error
 */
export async function retry<T>(
  work: (attempt: number) => Promise<T>,
  options: RetryOptions = {},
): Promise<T> {
  const { attempts = DEFAULT_ATTEMPTS, signal, onEvent } = options;
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt);
    } catch (error) {
      signal?.throwIfAborted();
      const waitMs = attempt < attempts ? waitBefore(error, attempt, options) : undefined;
      if (waitMs === undefined) throw error;
      onEvent?.({ kind: "retry", message: (error as BundleError).message, waitMs });
      await wait(waitMs, signal);
    }
  }
}

/** @throws the abort reason of `signal` */
async function wait(waitMs: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(waitMs, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

function waitBefore(error: unknown, attempt: number, options: RetryOptions): number | undefined {
  if (!isBundleError(error)) return undefined;
  const isRetriedOnce = attempt === 1 && options.alsoRetryOnce?.includes(error.code) === true;
  if (!PASSING.has(error.code) && !isRetriedOnce) return undefined;
  // A pull limit names no time: it lasts hours, and trying again would only use it up.
  if (error.code === "TOOMANYREQUESTS" && error.retryAfterMs === undefined) return undefined;
  const waitMs = error.retryAfterMs ?? FIRST_WAIT_MS * 2 ** (attempt - 1);
  return waitMs > MAX_WAIT_MS ? undefined : waitMs;
}
