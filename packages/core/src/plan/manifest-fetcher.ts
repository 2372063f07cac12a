import type { Descriptor } from "../descriptor.ts";
import { type BundleError, isBundleError } from "../error.ts";
import { isForAll } from "../is-for-all.ts";
import { checkManifestType, type Manifest, parseManifest } from "../manifest.ts";
import { mapConcurrent } from "../map-concurrent.ts";
import { fetchAsGranted, type Refusals } from "./fetch-as-granted.ts";
import type { FilteredIndex } from "./filter-index.ts";
import { createOutcomes, type WantedManifest } from "./manifest-outcomes.ts";
import type { Pulls } from "./plan.ts";
import type { PlanOptions } from "./plan-options.ts";
import { checkBudget, refusedPull } from "./pull-budget.ts";
import { createPullWaiter, NO_WAITER } from "./pull-waiter.ts";
import { countByRegistry, groupByDigest, type Sought } from "./sought-manifests.ts";

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
   * @throws `TOOMANYREQUESTS` before the first request if a registry grants fewer pulls than needed and a window would
   * grant them all; after the last one that is granted if a window would not, or if one was refused; unless that is to be
   * waited for: then after a window without pulls; what concerns all
   */
  fetchAll(wanted: readonly WantedManifest[]): Promise<void>;
  /** Adds an index that was made here. */
  add(index: FilteredIndex): Promise<void>;
  /** What was needed so far of each registry that names a limit, or of which anything was. */
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
  const waiter = waitForRateLimit ? createPullWaiter(options) : NO_WAITER;

  const read = async (
    { descriptor, from }: WantedManifest,
    refusals: Refusals,
    jobSignal: AbortSignal,
  ): Promise<void> => {
    const content = await cache.getOrFetch(descriptor, async () => {
      const refusal = refusals.get(from.registry);
      if (refusal !== undefined) throw refusal;
      const fetched = await openSource(from).readManifest(descriptor, { signal: jobSignal });
      waiter.reset(from.registry);
      return fetched;
    });
    const manifest = parseManifest(descriptor, content);
    if (manifests.has(descriptor.digest)) return;
    manifests.set(descriptor.digest, manifest);
    if (manifest.kind === "index") indexes.set(descriptor.digest, content);
  };

  /** In turn: the next costs a pull only where the one before has failed. One that is refused is left for another round. */
  const readFromAny = async (
    sought: Sought,
    refusals: Map<string, BundleError>,
    jobSignal: AbortSignal,
  ): Promise<void> => {
    for (const one of sought) {
      if (!outcomes.isUnseen(one)) continue;
      const { registry } = one.from;
      try {
        await read(one, refusals, jobSignal);
        outcomes.note(one);
      } catch (error) {
        jobSignal.throwIfAborted();
        if (!isBundleError(error) || isForAll(error)) throw error;
        if (error.code === "TOOMANYREQUESTS") {
          if (!refusals.has(registry)) refusals.set(registry, refusedPull(error, pullLimit(registry)));
          return;
        }
        outcomes.note(one, error);
      }
    }
    onEvent?.({ kind: "step", phase: "manifests" });
  };

  /** A registry that refuses a pull is asked for no more; those that are on their way are paid for, and arrive. */
  const fetchRound = async (these: readonly Sought[]): Promise<Refusals> => {
    const refusals = new Map<string, BundleError>();
    await mapConcurrent(these, async (sought, jobSignal) => await readFromAny(sought, refusals, jobSignal), {
      concurrency: jobs,
      ...abort,
    });
    return refusals;
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

  return {
    manifests,
    indexes,
    failureOf: outcomes.failureOf,
    unseen: (wanted) => wanted.filter(outcomes.isUnseen),
    pulls: () =>
      [...needed]
        .map(([registry, count]) => ({ registry, needed: count, ...pullLimit(registry) }))
        .filter((pulls) => pulls.needed > 0 || "remaining" in pulls),
    async add({ descriptor, content }) {
      await cache.put(descriptor, content);
      manifests.set(descriptor.digest, parseManifest(descriptor, content));
      outcomes.noteMade(descriptor);
    },
    async fetchAll(wanted) {
      const fresh = groupByDigest(wanted.filter((one) => outcomes.isUnseen(one) && isOfKnownType(one)));
      onEvent?.({ kind: "phase", phase: "manifests", total: fresh.length });
      const missing = await listMissing(fresh);
      for (const [{ from }] of fresh) needed.set(from.registry, needed.get(from.registry) ?? 0);
      for (const [registry, count] of countByRegistry(missing)) {
        needed.set(registry, (needed.get(registry) ?? 0) + count);
        if (!waitForRateLimit) checkBudget(registry, count, pullLimit(registry));
      }
      await fetchAsGranted(fresh, missing, {
        waiter,
        pullLimit,
        fetchRound,
        isUnseen: outcomes.isUnseen,
        ...abort,
      });
    },
  };
}
