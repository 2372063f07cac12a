import type { Descriptor } from "../descriptor.ts";
import { BundleError, isBundleError } from "../error.ts";
import { checkManifestType, type Manifest, parseManifest } from "../manifest.ts";
import { mapConcurrent } from "../map-concurrent.ts";
import type { RepositoryName } from "../reference.ts";
import type { FilteredIndex } from "./filter-index.ts";
import { repositoryKey } from "./list-mapped-tags.ts";
import type { PullLimit, Pulls } from "./plan.ts";
import type { PlanOptions } from "./plan-options.ts";

/** A manifest that is wanted and a repository that has it. */
export interface WantedManifest {
  readonly descriptor: Descriptor;
  readonly from: RepositoryName;
}

/** Manifests, fetched and read. Each costs a pull once ever: what the cache has is taken from it. */
export interface ManifestFetcher {
  /** By digest. */
  readonly manifests: ReadonlyMap<string, Manifest>;
  /** The bytes of the indexes among them, by digest. */
  readonly indexes: ReadonlyMap<string, Uint8Array>;
  readonly failures: ReadonlyMap<string, BundleError>;
  /**
   * Brings these manifests; those that fail are in `failures`.
   *
   * @throws `TOOMANYREQUESTS` before the first request if a registry grants fewer pulls than needed; what concerns all
   */
  fetchAll(wanted: readonly WantedManifest[]): Promise<void>;
  /** Adds an index that was made here. */
  add(index: FilteredIndex): Promise<void>;
  /** What was needed of each registry so far. */
  pulls(): readonly Pulls[];
}

/** A fetcher that has fetched nothing yet. */
export function createManifestFetcher(options: PlanOptions): ManifestFetcher {
  const { openSource, cache, pullLimit, jobs, onEvent, signal } = options;
  const abort = signal === undefined ? {} : { signal };
  const manifests = new Map<string, Manifest>();
  const indexes = new Map<string, Uint8Array>();
  const failures = new Map<string, BundleError>();
  const needed = new Map<string, number>();

  const fetchFromAny = async (
    { descriptor, places }: Sought,
    jobSignal: AbortSignal,
  ): Promise<Uint8Array> => {
    let lastError: unknown;
    for (const place of places) {
      try {
        return await openSource(place).readManifest(descriptor, { signal: jobSignal });
      } catch (error) {
        jobSignal.throwIfAborted();
        if (!isBundleError(error) || isForAll(error)) throw error;
        lastError = error;
      }
    }
    throw lastError;
  };

  const fetchOne = async (sought: Sought, jobSignal: AbortSignal): Promise<void> => {
    const { descriptor } = sought;
    try {
      const content = await cache.getOrFetch(descriptor, async () => await fetchFromAny(sought, jobSignal));
      const manifest = parseManifest(descriptor, content);
      manifests.set(descriptor.digest, manifest);
      if (manifest.kind === "index") indexes.set(descriptor.digest, content);
    } catch (error) {
      if (!isBundleError(error) || isForAll(error)) throw error;
      failures.set(descriptor.digest, error);
    }
    onEvent?.({ kind: "step", phase: "manifests" });
  };

  /** An index may name anything; what cannot be a manifest is not asked for. */
  const isOfKnownType = ({ descriptor }: Sought): boolean => {
    try {
      checkManifestType(descriptor);
      return true;
    } catch (error) {
      if (!isBundleError(error)) throw error;
      failures.set(descriptor.digest, error);
      return false;
    }
  };

  return {
    manifests,
    indexes,
    failures,
    pulls: () =>
      [...needed].map(([registry, count]) => ({ registry, needed: count, ...pullLimit(registry) })),
    async add({ descriptor, content }) {
      await cache.put(descriptor, content);
      manifests.set(descriptor.digest, parseManifest(descriptor, content));
    },
    async fetchAll(wanted) {
      const fresh = unseen(wanted, manifests, failures).filter(isOfKnownType);
      onEvent?.({ kind: "phase", phase: "manifests", total: fresh.length });
      const missing = await mapConcurrent(fresh, async ({ descriptor }) => !(await cache.has(descriptor)), {
        concurrency: jobs,
        ...abort,
      });
      const costs = countByRegistry(fresh.filter((_, position) => missing[position]));
      for (const [registry, count] of costs) {
        needed.set(registry, (needed.get(registry) ?? 0) + count);
        checkBudget(registry, count, pullLimit(registry));
      }
      await mapConcurrent(fresh, fetchOne, { concurrency: jobs, ...abort });
    },
  };
}

/** A full disk and a used-up limit stop everything. */
function isForAll(error: BundleError): boolean {
  return (
    error.code === "NO_SPACE" ||
    error.code === "FILE_FAILED" ||
    error.code === "TOOMANYREQUESTS" ||
    error.code === "INTERRUPTED"
  );
}

/** A manifest and every repository that is said to have it. */
interface Sought {
  readonly descriptor: Descriptor;
  readonly places: readonly RepositoryName[];
}

/** Each manifest once that has not been asked for before. */
function unseen(
  wanted: readonly WantedManifest[],
  manifests: ReadonlyMap<string, Manifest>,
  failures: ReadonlyMap<string, BundleError>,
): readonly Sought[] {
  const sought = new Map<string, { descriptor: Descriptor; places: Map<string, RepositoryName> }>();
  for (const { descriptor, from } of wanted) {
    if (manifests.has(descriptor.digest) || failures.has(descriptor.digest)) continue;
    const known = sought.get(descriptor.digest) ?? { descriptor, places: new Map<string, RepositoryName>() };
    known.places.set(repositoryKey(from), from);
    sought.set(descriptor.digest, known);
  }
  return [...sought.values()].map(({ descriptor, places }) => ({ descriptor, places: [...places.values()] }));
}

/** A manifest is asked of its first repository; others cost only where that fails. */
function countByRegistry(sought: readonly Sought[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { places } of sought) {
    const registry = places[0]?.registry ?? "";
    counts.set(registry, (counts.get(registry) ?? 0) + 1);
  }
  return counts;
}

function checkBudget(registry: string, count: number, limit: PullLimit | undefined): void {
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
