import type { BundleError } from "../error.ts";
import { mapConcurrent } from "../map-concurrent.ts";
import type { WantedManifest } from "./manifest-outcomes.ts";
import type { PlanOptions } from "./plan-options.ts";
import { tooFewPulls } from "./pull-budget.ts";
import type { PullWaiter } from "./pull-waiter.ts";
import { listHeld, listLeft, type Sought } from "./sought-manifests.ts";

/** What pulls are taken with. */
export interface GrantedOptions extends Pick<PlanOptions, "pullLimit" | "signal"> {
  readonly waiter: PullWaiter;
  /** Fetches these; resolves to the registries that refused a pull of them, and why. */
  fetchRound(sought: readonly Sought[]): Promise<Refusals>;
  isUnseen(wanted: WantedManifest): boolean;
}

/** Why registries, by their names, refused a pull. */
export type Refusals = ReadonlyMap<string, BundleError>;

/**
 * Fetches as many as are granted, waits for each registry that grants no more, and fetches the next ones. `missing` are
 * those that cost a pull, each by its first repository.
 *
 * @throws what waiting fails with; what concerns all
 */
export async function fetchAsGranted(
  sought: readonly Sought[],
  missing: readonly WantedManifest[],
  options: GrantedOptions,
): Promise<void> {
  const { fetchRound, isUnseen, pullLimit } = options;
  let left = sought;
  let unpaid = missing;
  for (let atLeast = 0; left.length > 0; atLeast = 1) {
    // After a wait one pull is tried in any case: what cannot be asked about is told by that.
    const grantedBy = (registry: string): number =>
      Math.max(atLeast, pullLimit(registry)?.remaining ?? Number.POSITIVE_INFINITY);
    const held = new Set(listHeld(unpaid, grantedBy));
    const refusals = await fetchRound(left.filter(([first]) => !held.has(first)));
    // What is still left was held or refused: the cache has none of it.
    left = listLeft(left, isUnseen);
    unpaid = left.map(([first]) => first);
    await waitForAll(unpaid, refusals, options);
  }
}

/** Waits for all registries at once: their windows pass at once, too. */
async function waitForAll(
  unpaid: readonly WantedManifest[],
  refusals: Refusals,
  { waiter, pullLimit, signal }: GrantedOptions,
): Promise<void> {
  const groups = [...Map.groupBy(unpaid, ({ from }) => from.registry)];
  await mapConcurrent(
    groups,
    async ([registry, wanted], jobSignal) => {
      const [first] = wanted;
      if (first === undefined) return;
      const count = wanted.length;
      const refusal = refusals.get(registry) ?? tooFewPulls(registry, count, pullLimit(registry));
      await waiter.wait(first, count, refusal, { signal: jobSignal });
    },
    { concurrency: groups.length, ...(signal === undefined ? {} : { signal }) },
  );
}
