import type { PullLimit } from "@airgap-bundle/core";

/** A larger number is no span of time but a moment: seconds since 1970, as GitHub and others have them. */
const MAX_RESET_SECONDS = 1_000_000_000;

/**
 * What Docker Hub tells with every manifest: `ratelimit-limit: 100;w=21600`, `ratelimit-remaining: 76;w=21600`. Others add
 * `ratelimit-reset: 3600`: {@link https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-07}.
 */
export function readPullLimit(
  limit: string | undefined,
  remaining: string | undefined,
  reset?: string,
): PullLimit | undefined {
  const left = readQuota(remaining);
  if (left === undefined) return undefined;
  const allowed = readQuota(limit);
  const resetSeconds = readReset(reset);
  const windowSeconds = left.windowSeconds ?? allowed?.windowSeconds;
  return {
    remaining: left.count,
    ...(allowed === undefined ? {} : { limit: allowed.count }),
    ...(windowSeconds === undefined ? {} : { windowSeconds }),
    ...(resetSeconds === undefined ? {} : { resetSeconds }),
  };
}

function readReset(header: string | undefined): number | undefined {
  if (header === undefined || !/^\s*\d+\s*$/.test(header)) return undefined;
  const seconds = Number(header);
  return seconds > MAX_RESET_SECONDS ? Math.max(0, seconds - Math.floor(Date.now() / 1000)) : seconds;
}

function readQuota(
  header: string | undefined,
): { readonly count: number; readonly windowSeconds?: number } | undefined {
  const match = /^\s*(\d+)(?:[^;]*;\s*w=(\d+))?/.exec(header ?? "");
  if (match === null) return undefined;
  const [, count, window] = match;
  return { count: Number(count), ...(window === undefined ? {} : { windowSeconds: Number(window) }) };
}
