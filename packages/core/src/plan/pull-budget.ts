import { BundleError } from "../error.ts";
import type { PullLimit } from "./plan.ts";

/**
 * Stops before pulls are spent that do not suffice now, and would in a window of their own. More than a whole window grants
 * are never granted at once: they are to be taken window by window.
 *
 * @throws `TOOMANYREQUESTS` if the limit grants fewer than `count`
 */
export function checkBudget(registry: string, count: number, limit: PullLimit | undefined): void {
  if (limit === undefined || count <= limit.remaining) return;
  const isWindowEnough = limit.limit === undefined || count <= limit.limit;
  if (isWindowEnough) throw tooFewPulls(registry, count, limit);
}

/** The error where a registry grants fewer pulls than are needed. */
export function tooFewPulls(registry: string, count: number, limit: PullLimit | undefined): BundleError {
  const granted = limit?.remaining ?? 0;
  return new BundleError(
    "TOOMANYREQUESTS",
    `Cannot go on with ${registry}: ${count} more pulls are needed and it grants ${granted}`,
    { hint: budgetHint(limit ?? {}) },
  );
}

/** The error of a pull that a registry has refused, with what there is to do. */
export function refusedPull(error: BundleError, limit: PullLimit | undefined): BundleError {
  return new BundleError(error.code, error.message, {
    hint: budgetHint({ ...limit, ...askedFor(error) }),
    cause: error.cause ?? error,
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
  });
}

/** Seconds, as a registry says them with its refusal. */
function askedFor({ retryAfterMs }: BundleError): Pick<PullLimit, "resetSeconds"> {
  return retryAfterMs === undefined ? {} : { resetSeconds: Math.ceil(retryAfterMs / 1000) };
}

function budgetHint(limit: Partial<PullLimit>): string {
  return `Run it again ${whenRenewed(limit)}: what was fetched is kept. Or let export wait: --wait-for-rate-limit. Logging in or a smaller selection (--task) raises the chance`;
}

function whenRenewed({ windowSeconds, resetSeconds }: Partial<PullLimit>): string {
  if (resetSeconds !== undefined) return `in ${spanOf(resetSeconds)}`;
  return windowSeconds === undefined ? "later" : `in ${spanOf(windowSeconds)} at the latest`;
}

/** In hours, or in minutes where that is not even two. */
function spanOf(seconds: number): string {
  if (seconds >= 7200) return `${Math.ceil(seconds / 3600)} hours`;
  const minutes = Math.max(1, Math.ceil(seconds / 60));
  return minutes === 1 ? "a minute" : `${minutes} minutes`;
}
