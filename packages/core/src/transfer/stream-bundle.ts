import { composeBundle, type PlacedBlob } from "../bundle/compose-bundle.ts";
import { endOfArchive, headPieces, layerHeader, padding } from "../bundle/frame.ts";
import { BundleError } from "../error.ts";
import { createBlobSink } from "../fetch/blob-sink.ts";
import { fetchBlob } from "../fetch/fetch-blob.ts";
import { createDigestHash } from "../hash.ts";
import type { Plan } from "../plan/plan.ts";
import type { RepositoryName } from "../reference.ts";
import type { ExportOptions } from "./export-options.ts";
import { type ExportReport, reportBundle, reportNothing } from "./export-report.ts";
import { tellLostReferrers } from "./failures.ts";
import { fetchMetadata, readMetadata } from "./fetch-metadata.ts";
import { locateBlobs } from "./locate-blobs.ts";

/** Takes the bytes of a bundle, front to back; resolves when it needs a chunk no longer. */
export type WriteChunk = (chunk: Uint8Array) => Promise<void>;

/**
 * Writes the same bytes as {@link exportBundle}, front to back, for a pipe. Nothing that is written can be taken back,
 * so a layer that cannot be had ends the bundle in the middle, and readers refuse it.
 *
 * @throws what a layer failed with, what `write` throws, the abort reason of `signal`
 */
export async function streamBundle(
  plan: Plan,
  write: WriteChunk,
  options: ExportOptions,
): Promise<ExportReport> {
  const { cache, heading } = options;
  const { complete, failed } = await fetchMetadata(plan, options);
  const allFailed = [...plan.failed, ...failed];
  if (complete.length === 0) return reportNothing(allFailed);
  tellLostReferrers(plan.images, complete, options.onEvent);
  const bundle = composeBundle(complete, plan.manifests, heading);
  const places = locateBlobs(complete, plan.manifests);
  for await (const { content } of headPieces(
    bundle,
    async (descriptor) => await readMetadata(cache, descriptor),
  )) {
    await write(content);
  }
  for (const layer of bundle.layers) {
    await streamLayer(layer, places.get(layer.descriptor.digest) ?? [], write, options);
  }
  await write(endOfArchive(bundle).content);
  const layers = new Map(bundle.layers.map(({ descriptor, size }) => [descriptor.digest, size]));
  const fetched = { layers, metadata: cache.fetched };
  return reportBundle(bundle, { complete, failed: allFailed }, fetched, true);
}

async function streamLayer(
  layer: PlacedBlob,
  holders: readonly RepositoryName[],
  write: WriteChunk,
  options: ExportOptions,
): Promise<void> {
  await write(layerHeader(layer).content);
  const hash = createDigestHash(layer.descriptor.digest);
  let written = 0;
  const sink = createBlobSink(layer.descriptor, {
    async write(chunk, position) {
      // After wrong content all of it comes again: what the pipe already has is passed over.
      const rest = chunk.subarray(Math.min(chunk.length, Math.max(0, written - position)));
      if (rest.length === 0) return;
      hash.update(rest);
      await write(rest);
      written += rest.length;
    },
    onEvent: options.onEvent,
  });
  await fetchBlob(layer.descriptor, holders, sink, options);
  if (!layer.descriptor.digest.endsWith(`:${hash.digest("hex")}`)) throw mixedUp(layer);
  await write(padding(layer).content);
}

/** Every attempt was verified, but the one that was cut short had sent other bytes. */
function mixedUp({ descriptor }: PlacedBlob): BundleError {
  return new BundleError(
    "DIGEST_INVALID",
    `Cannot write ${descriptor.digest}: a damaged part of it is in the pipe already`,
    {
      hint: "Run it again, or write to a file with -o OUT.tar",
    },
  );
}
