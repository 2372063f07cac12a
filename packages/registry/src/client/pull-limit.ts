import type { PullLimit } from "@airgap-bundle/core";

/** What Docker Hub tells with every manifest: `ratelimit-limit: 100;w=21600`, `ratelimit-remaining: 76;w=21600`. */
export function readPullLimit(
  limit: string | undefined,
  remaining: string | undefined,
): PullLimit | undefined {
  const left = readQuota(remaining);
  if (left === undefined) return undefined;
  const allowed = readQuota(limit);
  const windowSeconds = left.windowSeconds ?? allowed?.windowSeconds;
  return {
    remaining: left.count,
    ...(allowed === undefined ? {} : { limit: allowed.count }),
    ...(windowSeconds === undefined ? {} : { windowSeconds }),
  };
}

function readQuota(
  header: string | undefined,
): { readonly count: number; readonly windowSeconds?: number } | undefined {
  const match = /^\s*(\d+)(?:[^;]*;\s*w=(\d+))?/.exec(header ?? "");
  if (match === null) return undefined;
  const [, count, window] = match;
  return { count: Number(count), ...(window === undefined ? {} : { windowSeconds: Number(window) }) };
}
