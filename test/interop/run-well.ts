import type { BundleRun } from "../support/run-bundle.ts";
import type { Site, SiteRunOptions } from "../support/site.ts";

/** Runs `bundle` where nothing may fail. @throws with what it printed, unless it exits with 0 */
export async function runWell(
  site: Site,
  args: readonly string[],
  options: SiteRunOptions = {},
): Promise<BundleRun> {
  const run = await site.run(args, options);
  if (run.exitCode === 0) return run;
  const output = `${run.stdout.toString()}${run.stderr}`;
  throw new Error(`Cannot run bundle ${args.join(" ")}: exit status ${run.exitCode}: ${output}`);
}
