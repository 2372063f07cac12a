import { type BundleError, isBundleError } from "../error.ts";
import type { WantedManifest } from "./manifest-outcomes.ts";
import type { PlanOptions } from "./plan-options.ts";
import { tooFewPulls } from "./pull-budget.ts";
import type { PullWaiter } from "./pull-waiter.ts";
import { listHeld, listLeft, type Sought } from "./sought-manifests.ts";

/** What pulls are taken with. */
export interface GrantedOptions extends Pick<PlanOptions, "pullLimit"> {
  readonly waiter: PullWaiter;
  /** Those of these that the cache lacks, each by its first repository. */
  listMissing(sought: readonly Sought[]): Promise<readonly WantedManifest[]>;
  /** @throws `TOOMANYREQUESTS` if a registry refuses one of them */
  fetchThese(sought: readonly Sought[]): Promise<void>;
  isUnseen(wanted: WantedManifest): boolean;
}

/**
 * Fetches as many as are granted, waits, and fetches the next ones; a pull that was refused is tried again after the wait.
 *
 * @throws what waiting fails with; what concerns all
 */
export async function fetchAsGranted(sought: readonly Sought[], options: GrantedOptions): Promise<void> {
  const { waiter, listMissing, fetchThese, isUnseen, pullLimit } = options;
  for (let left = sought; left.length > 0; ) {
    const held = new Set(listHeld(await listMissing(left), pullLimit));
    let refusal: BundleError | undefined;
    try {
      await fetchThese(left.filter(([first]) => !held.has(first)));
    } catch (error) {
      if (!isBundleError(error, "TOOMANYREQUESTS")) throw error;
      refusal = error;
    }
    const rest = listLeft(left, isUnseen);
    if (rest.length < left.length) waiter.reset();
    left = rest;
    const [next = left[0]?.[0]] = held;
    if (next === undefined) return;
    const { registry } = next.from;
    const count = left.filter(([first]) => first.from.registry === registry).length;
    await waiter.wait(next, count, refusal ?? tooFewPulls(registry, count, pullLimit(registry)));
  }
}
