import type { BundleFile } from "../bundle/bundle-file.ts";
import type { ComposedBundle, PlacedBlob } from "../bundle/compose-bundle.ts";
import type { OpenedBundle } from "../bundle/open-bundle.ts";
import { type BundleError, isBundleError } from "../error.ts";
import type { EventSink } from "../events.ts";
import { fetchBlob } from "../fetch/fetch-blob.ts";
import { mapConcurrent } from "../map-concurrent.ts";
import type { Plan } from "../plan/plan.ts";
import type { RepositoryName } from "../reference.ts";
import { countBytes } from "./count-bytes.ts";
import type { ExportOptions } from "./export-options.ts";
import { isImageFailure } from "./failures.ts";
import { locateBlobs } from "./locate-blobs.ts";

/** How the layers of a bundle are brought. */
export interface DownloadOptions extends ExportOptions {
  /** A bundle that may have some of them. */
  readonly existing?: OpenedBundle | undefined;
}

/** What became of the layers. */
export interface DownloadReport {
  /** Digests of those that came from a registry. */
  readonly fetched: ReadonlySet<string>;
  readonly failures: ReadonlyMap<string, BundleError>;
}

/**
 * Brings every layer of a bundle to its place in the file, the largest first, so that none is left over at the end.
 *
 * @throws what concerns more than one image; with `failFast` the first failure
 */
export async function downloadLayers(
  bundle: ComposedBundle,
  file: BundleFile,
  plan: Plan,
  options: DownloadOptions,
): Promise<DownloadReport> {
  const { existing, failFast = false, jobs, onEvent, signal } = options;
  const places = locateBlobs(plan.images, plan.manifests);
  const fetched = new Set<string>();
  const failures = new Map<string, BundleError>();
  const layers = [...bundle.layers].sort((a, b) => b.size - a.size);
  onEvent?.({
    kind: "phase",
    phase: "download",
    total: layers.length,
    size: layers.reduce((sum, { size }) => sum + size, 0),
  });
  await mapConcurrent(
    layers,
    async (layer, jobSignal) => {
      const { digest } = layer.descriptor;
      const holders = places.get(digest) ?? [];
      onEvent?.({ kind: "blob-start", digest, size: layer.size, title: holders[0]?.repository ?? digest });
      let hasArrived = false;
      try {
        if (existing !== undefined && (await copyLayer(layer, file, existing, onEvent))) {
          hasArrived = true;
          return;
        }
        await fetchLayer(layer, file, holders, { ...options, signal: jobSignal });
        fetched.add(digest);
        hasArrived = true;
      } catch (error) {
        if (failFast || !isImageFailure(error)) throw error;
        failures.set(digest, error);
      } finally {
        onEvent?.({ kind: "blob-end", digest, ok: hasArrived });
      }
    },
    { concurrency: jobs, ...(signal === undefined ? {} : { signal }) },
  );
  return { fetched, failures };
}

async function fetchLayer(
  layer: PlacedBlob,
  file: BundleFile,
  holders: readonly RepositoryName[],
  options: ExportOptions,
): Promise<void> {
  const consume = async (content: AsyncIterable<Uint8Array>, from: string): Promise<void> =>
    await file.writeLayer(layer, countBytes(layer.descriptor.digest, content, options.onEvent), from);
  await fetchBlob(layer.descriptor, holders, consume, options);
}

/** Takes a layer from an older bundle; false if it does not have it or has it damaged. */
async function copyLayer(
  layer: PlacedBlob,
  file: BundleFile,
  existing: OpenedBundle,
  onEvent: EventSink | undefined,
): Promise<boolean> {
  if (!existing.has(layer.descriptor.digest)) return false;
  try {
    await file.writeLayer(
      layer,
      countBytes(layer.descriptor.digest, existing.openBlob(layer.descriptor), onEvent),
      existing.path,
    );
    return true;
  } catch (error) {
    if (!isBundleError(error, "DIGEST_INVALID") && !isBundleError(error, "SIZE_INVALID")) throw error;
    onEvent?.({ kind: "warning", code: error.code, message: `${error.message}; it is fetched again` });
    return false;
  }
}
