import { keepHeapSmall, loadSelection, type SharedOptions, tellWarnings } from "@airgap-bundle/cli";
import { closeAfter, type EventSink, type Plan, type PlanWarning, resolvePlan } from "@airgap-bundle/core";
import { noteCacheUse } from "./note-cache-use.ts";
import { openSources, type PlanFlags, type Sources } from "./open-sources.ts";

/** What commands that read registries are given. */
export type SourceOptions = SharedOptions & { readonly userAgent: string };

/** Shown, and never part of a plan, which may be saved and passed on: they name files of this machine. */
const ABOUT_THIS_MACHINE: ReadonlySet<PlanWarning["code"]> = new Set([
  "AUTH_ENTRY_MALFORMED",
  "AUTH_FILE_EXPOSED",
  "AUTH_FILE_UNREADABLE",
  "CREDENTIAL_HELPER_FAILED",
]);

/**
 * Reads a selection, resolves it, hands plan and open registries to `work`, and closes them. Warnings are shown, and those
 * of the registries are in the plan too.
 *
 * @throws `USAGE`, `SELECTION_INVALID`, `FILE_FAILED` for a cache that cannot be made; what {@link resolvePlan} and `work` throw
 */
export async function withPlan<T>(
  path: string,
  flags: PlanFlags,
  options: SourceOptions,
  work: (plan: Plan, sources: Sources) => Promise<T>,
): Promise<T> {
  keepHeapSmall();
  const { jobs, onEvent, signal } = options;
  const heard: PlanWarning[] = [];
  const listen: EventSink = (event) => {
    if (event.kind === "warning" && !ABOUT_THIS_MACHINE.has(event.code))
      heard.push({ code: event.code, message: event.message });
    onEvent(event);
  };
  const { selection, warnings } = await loadSelection(path);
  tellWarnings(path, warnings, onEvent);
  const release = await noteCacheUse(options.cacheDir, onEvent);
  return await closeAfter({ close: release }, async () => {
    const sources = await openSources(selection, flags, { ...options, onEvent: listen });
    return await closeAfter(sources, async () => {
      const plan = await resolvePlan(selection, {
        ...sources,
        jobs,
        signal,
        onEvent,
        referrers: flags.referrers,
        waitForRateLimit: flags["wait-for-rate-limit"] === true,
        ...(flags.task === undefined ? {} : { tasks: flags.task }),
        ...(flags.platform === undefined ? {} : { platforms: flags.platform }),
      });
      for (const warning of plan.warnings) onEvent({ kind: "warning", ...warning });
      return await work({ ...plan, warnings: [...heard, ...plan.warnings] }, sources);
    });
  });
}
