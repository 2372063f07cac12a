import type { Descriptor } from "../descriptor.ts";
import { type BundleError, isBundleError } from "../error.ts";
import { isForAll } from "../is-for-all.ts";
import { checkManifestType, type Manifest, parseManifest } from "../manifest.ts";
import { mapConcurrent } from "../map-concurrent.ts";
import type { FilteredIndex } from "./filter-index.ts";
import { createOutcomes, type WantedManifest } from "./manifest-outcomes.ts";
import type { Pulls } from "./plan.ts";
import type { PlanOptions } from "./plan-options.ts";
import { checkBudget, refusedPull, tooFewPulls } from "./pull-budget.ts";
import { createPullWaiter } from "./pull-waiter.ts";

/** Manifests, fetched and read. Each costs a pull once ever: what the cache has is taken from it. */
export interface ManifestFetcher {
  /** By digest. */
  readonly manifests: ReadonlyMap<string, Manifest>;
  /** The bytes of the indexes among them, by digest. */
  readonly indexes: ReadonlyMap<string, Uint8Array>;
  /** Why what this descriptor describes cannot be had; undefined if it was read, or nobody asked for it. */
  failureOf(descriptor: Descriptor): BundleError | undefined;
  /** Those of these that were neither read nor asked for in their repository. */
  unseen(wanted: readonly WantedManifest[]): readonly WantedManifest[];
  /**
   * Brings these manifests. What failed is asked for again only where another repository is said to have it.
   *
   * @throws `TOOMANYREQUESTS` before the first request if a registry grants fewer pulls than needed, unless that is to be
   * waited for: then after a window without pulls; what concerns all
   */
  fetchAll(wanted: readonly WantedManifest[]): Promise<void>;
  /** Adds an index that was made here. */
  add(index: FilteredIndex): Promise<void>;
  /** What was needed of each registry so far. */
  pulls(): readonly Pulls[];
}

/** A fetcher that has fetched nothing yet. */
export function createManifestFetcher(options: PlanOptions): ManifestFetcher {
  const { openSource, cache, pullLimit, jobs, onEvent, signal, waitForRateLimit = false } = options;
  const abort = signal === undefined ? {} : { signal };
  const manifests = new Map<string, Manifest>();
  const indexes = new Map<string, Uint8Array>();
  const outcomes = createOutcomes();
  const needed = new Map<string, number>();
  const waiter = createPullWaiter(options);

  const read = async ({ descriptor, from }: WantedManifest, jobSignal: AbortSignal): Promise<void> => {
    const content = await cache.getOrFetch(
      descriptor,
      async () => await openSource(from).readManifest(descriptor, { signal: jobSignal }),
    );
    const manifest = parseManifest(descriptor, content);
    if (manifests.has(descriptor.digest)) return;
    manifests.set(descriptor.digest, manifest);
    if (manifest.kind === "index") indexes.set(descriptor.digest, content);
  };

  /** In turn: the next costs a pull only where the one before has failed. */
  const readFromAny = async (wanted: readonly WantedManifest[], jobSignal: AbortSignal): Promise<void> => {
    for (const one of wanted) {
      if (!outcomes.isUnseen(one)) continue;
      try {
        await read(one, jobSignal);
        outcomes.note(one);
      } catch (error) {
        jobSignal.throwIfAborted();
        if (isBundleError(error, "TOOMANYREQUESTS")) throw refusedPull(error, pullLimit(one.from.registry));
        if (!isBundleError(error) || isForAll(error)) throw error;
        outcomes.note(one, error);
      }
    }
    onEvent?.({ kind: "step", phase: "manifests" });
  };

  /** An index may name anything; what cannot be a manifest is not asked for. */
  const isOfKnownType = (wanted: WantedManifest): boolean => {
    try {
      checkManifestType(wanted.descriptor);
      return true;
    } catch (error) {
      if (!isBundleError(error)) throw error;
      outcomes.note(wanted, error);
      return false;
    }
  };

  /** Those that must be fetched, each once. */
  const listMissing = async (fresh: readonly Sought[]): Promise<readonly WantedManifest[]> => {
    const missing = await mapConcurrent(
      fresh,
      async ([first]) => ((await cache.has(first.descriptor)) ? [] : [first]),
      { concurrency: jobs, ...abort },
    );
    return missing.flat();
  };

  const fetchThese = async (these: readonly Sought[]): Promise<void> => {
    await mapConcurrent(these, readFromAny, { concurrency: jobs, ...abort });
  };

  /** As many as are granted, then the next ones; a pull that was refused is tried again after the wait. */
  const fetchAsGranted = async (fresh: readonly Sought[]): Promise<void> => {
    for (let left = fresh; left.length > 0; ) {
      const missing = await listMissing(left);
      const held = new Set(listHeld(missing, pullLimit));
      let refusal: BundleError | undefined;
      try {
        await fetchThese(left.filter(([first]) => !held.has(first)));
      } catch (error) {
        if (!isBundleError(error, "TOOMANYREQUESTS")) throw error;
        refusal = error;
      }
      const rest = left.filter(([first]) => outcomes.isUnseen(first));
      if (rest.length < left.length) waiter.reset();
      left = rest;
      const [next = left[0]?.[0]] = held;
      if (next === undefined) return;
      const { registry } = next.from;
      const count = left.filter(([first]) => first.from.registry === registry).length;
      await waiter.wait(next, count, refusal ?? tooFewPulls(registry, count, pullLimit(registry)));
    }
  };

  return {
    manifests,
    indexes,
    failureOf: outcomes.failureOf,
    unseen: (wanted) => wanted.filter(outcomes.isUnseen),
    pulls: () =>
      [...needed].map(([registry, count]) => ({ registry, needed: count, ...pullLimit(registry) })),
    async add({ descriptor, content }) {
      await cache.put(descriptor, content);
      manifests.set(descriptor.digest, parseManifest(descriptor, content));
      outcomes.noteMade(descriptor);
    },
    async fetchAll(wanted) {
      const fresh = groupByDigest(wanted.filter((one) => outcomes.isUnseen(one) && isOfKnownType(one)));
      onEvent?.({ kind: "phase", phase: "manifests", total: fresh.length });
      for (const [registry, count] of countByRegistry(await listMissing(fresh))) {
        needed.set(registry, (needed.get(registry) ?? 0) + count);
        if (!waitForRateLimit) checkBudget(registry, count, pullLimit(registry));
      }
      await (waitForRateLimit ? fetchAsGranted(fresh) : fetchThese(fresh));
    },
  };
}

/** All that is said of one digest: where it is, of what size and type. */
type Sought = readonly [WantedManifest, ...WantedManifest[]];

function groupByDigest(wanted: readonly WantedManifest[]): readonly Sought[] {
  const sought = new Map<string, [WantedManifest, ...WantedManifest[]]>();
  for (const one of wanted) {
    const known = sought.get(one.descriptor.digest);
    if (known === undefined) sought.set(one.descriptor.digest, [one]);
    else known.push(one);
  }
  return [...sought.values()];
}

/** Those for which their registry grants no pull now. */
function listHeld(
  missing: readonly WantedManifest[],
  pullLimit: PlanOptions["pullLimit"],
): readonly WantedManifest[] {
  const taken = new Map<string, number>();
  return missing.filter(({ from: { registry } }) => {
    const count = (taken.get(registry) ?? 0) + 1;
    taken.set(registry, count);
    return count > (pullLimit(registry)?.remaining ?? Number.POSITIVE_INFINITY);
  });
}

/** A manifest is asked of its first repository; others cost only where that fails. */
function countByRegistry(missing: readonly WantedManifest[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { from } of missing) counts.set(from.registry, (counts.get(from.registry) ?? 0) + 1);
  return counts;
}
