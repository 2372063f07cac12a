import { type BundleError, type ErrorCode, isBundleError } from "./error.ts";
import type { EventSink } from "./events.ts";
import type { AbortOptions } from "./repository.ts";
import { wait } from "./wait.ts";

/** Attempts in all: what regclient, containerd and oras settle on. */
const DEFAULT_ATTEMPTS = 5;

/** The first wait; each further one is twice as long. */
const FIRST_WAIT_MS = 500;

/** A registry that wants more than this is not waited for: the operator is told instead. */
const MAX_WAIT_MS = 60_000;

/** Bytes that make an attempt worth having been made, whatever it ended with. */
const MIN_PROGRESS = 1024 * 1024;

/**
 * Causes that may pass, and do not if they come a second time: while a network comes up no name is known, and an answer
 * may be damaged on the way so that it cannot be read.
 */
const TWICE_NO_ACCIDENT = /^(?:ENOTFOUND|UND_ERR_HEADERS_OVERFLOW|HPE_.*)$/;

const PASSING: ReadonlySet<ErrorCode> = new Set(["CONNECTION_FAILED", "UNAVAILABLE", "TOOMANYREQUESTS"]);

/** How something is tried again. */
export interface RetryOptions extends AbortOptions {
  /** @default 5 */
  readonly attempts?: number;
  /** Codes worth one more attempt beside a lost connection, an overloaded registry and a request to slow down. */
  readonly alsoRetryOnce?: readonly ErrorCode[];
  /**
   * Bytes won so far that the next attempt need not win again. An attempt that won a MiB or more is not counted, so that a
   * connection which is cut again and again still gets there. @default none are kept
   */
  readonly progress?: () => number;
  readonly onEvent?: EventSink;
}

/**
 * Does `work` until it succeeds, fails for good, or the attempts are used up. Waits between attempts: what the registry
 * asked for, else half a second, doubled each time; nothing where an error says that the next request will wait anyway.
 * After an attempt that made progress count and wait begin anew.
 *
 * @throws the last error
 */
export async function retry<T>(
  work: (attempt: number) => Promise<T>,
  options: RetryOptions = {},
): Promise<T> {
  const { attempts = DEFAULT_ATTEMPTS, alsoRetryOnce = [], progress = () => 0, signal, onEvent } = options;
  // Attempts in vain since the last one that made progress.
  let vain = 0;
  let hasAlsoRetried = false;
  for (let attempt = 1; ; attempt++) {
    const before = progress();
    try {
      return await work(attempt);
    } catch (error) {
      signal?.throwIfAborted();
      if (!isBundleError(error)) throw error;
      vain = progress() - before >= MIN_PROGRESS ? 1 : vain + 1;
      const isAlsoRetried: boolean = !hasAlsoRetried && alsoRetryOnce.includes(error.code);
      hasAlsoRetried ||= isAlsoRetried;
      const waitMs = vain < attempts ? waitAfter(error, vain, isAlsoRetried) : undefined;
      if (waitMs === undefined) throw error;
      if (error.isHeldBack === true) continue;
      onEvent?.({ kind: "retry", message: error.message, waitMs });
      await wait(waitMs, signal);
    }
  }
}

/** Is this what may pass by itself, so that the same request may succeed later? */
export function mayPass({ code }: BundleError): boolean {
  return PASSING.has(code);
}

/** Undefined if another attempt is not worth while. */
function waitAfter(error: BundleError, vain: number, isAlsoRetried: boolean): number | undefined {
  if (!mayPass(error) && !isAlsoRetried) return undefined;
  if (error.isGivenUp === true) return undefined;
  if (isNoAccident(error) && vain > 1) return undefined;
  // A pull limit names no time: it lasts hours, and trying again would only use it up.
  if (error.code === "TOOMANYREQUESTS" && error.retryAfterMs === undefined) return undefined;
  const waitMs = error.retryAfterMs ?? FIRST_WAIT_MS * 2 ** (vain - 1);
  return waitMs > MAX_WAIT_MS ? undefined : waitMs;
}

function isNoAccident({ cause }: BundleError): boolean {
  return cause instanceof Error && "code" in cause && TWICE_NO_ACCIDENT.test(String(cause.code));
}
