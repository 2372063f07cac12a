import type { BundleFile } from "../bundle/bundle-file.ts";
import type { ComposedBundle, PlacedBlob } from "../bundle/compose-bundle.ts";
import type { OpenedBundle } from "../bundle/open-bundle.ts";
import { type BundleError, isBundleError, isDamage } from "../error.ts";
import type { BlobSink } from "../fetch/blob-sink.ts";
import { fetchBlob } from "../fetch/fetch-blob.ts";
import { mapConcurrent } from "../map-concurrent.ts";
import type { Plan } from "../plan/plan.ts";
import type { RepositoryName } from "../reference.ts";
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
  /** Bytes that came from a registry, by the digest of each layer of which any did. */
  readonly fetched: ReadonlyMap<string, number>;
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
  const { failFast = false, jobs, onEvent, signal } = options;
  const places = locateBlobs(plan.images, plan.manifests);
  const fetched = new Map<string, number>();
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
        const size = await bringLayer(layer, file, holders, { ...options, signal: jobSignal });
        if (size > 0) fetched.set(digest, size);
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

/** Takes what an earlier run or an older bundle has of a layer, and fetches the rest; resolves to the bytes of that. */
async function bringLayer(
  layer: PlacedBlob,
  file: BundleFile,
  holders: readonly RepositoryName[],
  options: DownloadOptions,
): Promise<number> {
  const { existing } = options;
  const sink = await file.openLayer(layer, options);
  if (existing?.has(layer.descriptor.digest) === true) await copyLayer(layer, sink, existing, options);
  const kept = sink.position();
  await fetchBlob(layer.descriptor, holders, sink, options);
  return layer.size - kept;
}

/** Takes the rest of a layer from an older bundle, if that can be read; if it has it damaged nothing is there afterwards. */
async function copyLayer(
  { descriptor }: PlacedBlob,
  sink: BlobSink,
  existing: OpenedBundle,
  { onEvent, signal }: DownloadOptions,
): Promise<void> {
  const abort = signal === undefined ? {} : { signal };
  let unreadable: unknown;
  async function* read(): AsyncGenerator<Uint8Array> {
    try {
      yield* existing.openBlob(descriptor, { ...abort, offset: sink.position() });
    } catch (error) {
      unreadable = error;
      throw error;
    }
  }
  try {
    await sink.append(read(), existing.path);
    await sink.finish(existing.path);
  } catch (error) {
    signal?.throwIfAborted();
    // That the new file cannot be written is another matter.
    if (!isBundleError(error) || (error !== unreadable && !isDamage(error))) throw error;
    onEvent?.({ kind: "warning", code: error.code, message: `${error.message}; it is fetched again` });
  }
}
