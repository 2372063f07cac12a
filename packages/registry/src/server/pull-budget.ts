import { type Answer, errorAnswer } from "./answer.ts";
import type { RateLimit } from "./options.ts";

/** Counts pulls as Docker Hub does. */
export interface PullBudget {
  /** The refusal of a manifest request that would go beyond the limit; else it is counted. */
  spend(method: string): Answer | undefined;
  /** The headers of every answer about a manifest. */
  headers(): Readonly<Record<string, string>>;
}

/** A budget; without a limit it never ends. HEAD is free. {@link https://docs.docker.com/docker-hub/usage/pulls/} */
export function openPullBudget(rateLimit?: RateLimit): PullBudget {
  if (rateLimit === undefined) return { spend: () => undefined, headers: () => ({}) };
  const { limit, windowSeconds, tellsReset = false, now = Date.now } = rateLimit;
  let { remaining } = rateLimit;
  let endsAt = now() + windowSeconds * 1000;

  /** A window that has ended is followed by one with all pulls. */
  const renew = (): void => {
    if (now() < endsAt) return;
    remaining = limit;
    endsAt = now() + windowSeconds * 1000;
  };

  return {
    spend(method) {
      if (method !== "GET") return undefined;
      renew();
      if (remaining > 0) {
        remaining -= 1;
        return undefined;
      }
      return errorAnswer("TOOMANYREQUESTS", "You have reached your pull rate limit.");
    },

    headers() {
      renew();
      return {
        "ratelimit-limit": `${limit};w=${windowSeconds}`,
        "ratelimit-remaining": `${remaining};w=${windowSeconds}`,
        ...(tellsReset ? { "ratelimit-reset": `${Math.ceil((endsAt - now()) / 1000)}` } : {}),
      };
    },
  };
}
