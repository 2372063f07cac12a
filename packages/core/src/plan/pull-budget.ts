import { BundleError } from "../error.ts";
import type { PullLimit } from "./plan.ts";

/** Stops before pulls are spent that do not suffice. @throws `TOOMANYREQUESTS` if the limit grants fewer than `count` */
export function checkBudget(registry: string, count: number, limit: PullLimit | undefined): void {
  if (limit === undefined || count <= limit.remaining) return;
  const window =
    limit.windowSeconds === undefined
      ? "later"
      : `in ${Math.ceil(limit.windowSeconds / 3600)} hours at the latest`;
  throw new BundleError(
    "TOOMANYREQUESTS",
    `Cannot go on with ${registry}: ${count} more pulls are needed and it grants ${limit.remaining}`,
    {
      hint: `Run it again ${window}: what was fetched is kept. Logging in or a smaller selection (--task) raises the chance`,
    },
  );
}
