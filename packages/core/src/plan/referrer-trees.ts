import type { Descriptor } from "../descriptor.ts";
import { BundleError, isBundleError } from "../error.ts";
import type { RepositoryName } from "../reference.ts";
import type { ManifestFetcher } from "./manifest-fetcher.ts";
import { listKnownContent, MAX_INDEX_DEPTH, plainDescriptor } from "./manifest-graph.ts";
import { descriptorKey } from "./manifest-outcomes.ts";

/** Manifests that lie in the referrers of one manifest, below those that are indexes. */
const MAX_MANIFESTS_BELOW = 10_000;

/** The referrers of one manifest. */
export interface ReferrerTrees {
  readonly from: RepositoryName;
  readonly roots: readonly Descriptor[];
}

interface Descent {
  readonly from: RepositoryName;
  /** What is fetched next. */
  readonly level: readonly Descriptor[];
  /** All that lies below the referrers, by {@link descriptorKey}. */
  readonly below: ReadonlySet<string>;
}

/** Brings referrers and, level by level, what lies below them; of what exceeds the limit {@link findTreeFault} tells. */
export async function fetchTrees(trees: readonly ReferrerTrees[], fetcher: ManifestFetcher): Promise<void> {
  let descents = trees.map(({ from, roots }): Descent => ({ from, level: roots, below: new Set() }));
  for (let depth = 0; depth <= MAX_INDEX_DEPTH && descents.length > 0; depth++) {
    await fetcher.fetchAll(
      descents.flatMap(({ from, level }) =>
        level.map((descriptor) => ({ descriptor: plainDescriptor(descriptor), from })),
      ),
    );
    descents = descents.map((descent) => descend(descent, fetcher)).filter(({ level }) => level.length > 0);
  }
}

function descend({ from, level, below }: Descent, { manifests }: ManifestFetcher): Descent {
  const next = new Map<string, Descriptor>();
  for (const { digest } of level) {
    const manifest = manifests.get(digest);
    if (manifest?.kind !== "index") continue;
    for (const child of manifest.children) {
      const key = descriptorKey(child);
      if (!below.has(key)) next.set(key, child);
    }
  }
  const taken = [...next].slice(0, MAX_MANIFESTS_BELOW - below.size);
  return {
    from,
    level: taken.map(([, child]) => child),
    below: new Set([...below, ...taken.map(([key]) => key)]),
  };
}

/** Why a referrer cannot be had with all that lies below it. */
export function findTreeFault(root: Descriptor, fetcher: ManifestFetcher): BundleError | undefined {
  try {
    const descriptors = listKnownContent(root, fetcher.manifests).flatMap(({ role, descriptor }) =>
      role === "manifest" ? [descriptor] : [],
    );
    const failure = descriptors.map(fetcher.failureOf).find((one) => one !== undefined);
    if (failure !== undefined) return failure;
    return descriptors.every(({ digest }) => fetcher.manifests.has(digest)) ? undefined : tooMany(root);
  } catch (error) {
    if (isBundleError(error)) return error;
    throw error;
  }
}

function tooMany({ digest }: Descriptor): BundleError {
  return new BundleError(
    "SIZE_INVALID",
    `Cannot take referrer ${digest}: more than ${MAX_MANIFESTS_BELOW} manifests lie below the referrers of its subject`,
  );
}
