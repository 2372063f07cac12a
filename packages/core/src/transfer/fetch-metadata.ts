import type { Descriptor } from "../descriptor.ts";
import { BundleError } from "../error.ts";
import { fetchConfig } from "../fetch/fetch-config.ts";
import { mapConcurrent } from "../map-concurrent.ts";
import type { MetadataCache } from "../metadata-cache.ts";
import { listContent } from "../plan/manifest-graph.ts";
import { listRoots, type Plan } from "../plan/plan.ts";
import type { ExportOptions } from "./export-options.ts";
import { isImageFailure, type SortedImages, takeOut } from "./failures.ts";
import { locateBlobs } from "./locate-blobs.ts";

/**
 * Brings the configs of a plan's images into the cache, where its manifests are already; images whose config cannot be
 * had are sorted out.
 *
 * @throws what concerns more than one image; with `failFast` the first failure
 */
export async function fetchMetadata(plan: Plan, options: ExportOptions): Promise<SortedImages> {
  const { cache, jobs, failFast = false, onEvent, signal } = options;
  const places = locateBlobs(plan.images, plan.manifests);
  const configs = listConfigs(plan);
  const failures = new Map<string, BundleError>();
  onEvent?.({ kind: "phase", phase: "manifests", total: configs.length });
  await mapConcurrent(
    configs,
    async (config, jobSignal) => {
      try {
        await cache.getOrFetch(
          config,
          async () =>
            await fetchConfig(config, places.get(config.digest) ?? [], { ...options, signal: jobSignal }),
        );
      } catch (error) {
        if (failFast || !isImageFailure(error)) throw error;
        failures.set(config.digest, error);
      }
      onEvent?.({ kind: "step", phase: "manifests" });
    },
    { concurrency: jobs, ...(signal === undefined ? {} : { signal }) },
  );
  return takeOut(plan.images, plan.manifests, failures);
}

/** Metadata that the cache holds by now. @throws `MANIFEST_UNKNOWN` if something deleted it meanwhile */
export async function readMetadata(cache: MetadataCache, descriptor: Descriptor): Promise<Uint8Array> {
  const content = await cache.get(descriptor);
  if (content !== undefined) return content;
  throw new BundleError(
    "MANIFEST_UNKNOWN",
    `Cannot read ${descriptor.digest}: it is no longer in the cache`,
    {
      hint: "Do not clean the cache directory while bundle runs; run it again",
    },
  );
}

function listConfigs(plan: Plan): readonly Descriptor[] {
  const configs = new Map<string, Descriptor>();
  for (const root of plan.images.flatMap(listRoots)) {
    for (const { descriptor, role } of listContent(root, plan.manifests)) {
      if (role === "config") configs.set(descriptor.digest, descriptor);
    }
  }
  return [...configs.values()];
}
