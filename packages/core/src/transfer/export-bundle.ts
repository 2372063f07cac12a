import { type BundleFile, checkRoom, createBundleFile } from "../bundle/bundle-file.ts";
import { type ComposedBundle, composeBundle } from "../bundle/compose-bundle.ts";
import type { OpenedBundle } from "../bundle/open-bundle.ts";
import { discardPartialFile } from "../bundle/rest-file.ts";
import { closeAfter } from "../close-after.ts";
import { contentOf } from "../content.ts";
import type { FailedImage, Plan, PlannedImage } from "../plan/plan.ts";
import { downloadLayers } from "./download-layers.ts";
import type { ExportOptions } from "./export-options.ts";
import { type ExportReport, reportBundle, reportNothing } from "./export-report.ts";
import { takeOut, tellLostReferrers } from "./failures.ts";
import { fetchMetadata, readMetadata } from "./fetch-metadata.ts";

/** What an export to a file is told beside. */
export interface ExportBundleOptions extends ExportOptions {
  /** The bundle that the file is now. */
  readonly existing?: OpenedBundle | undefined;
  /** Write it anew even if it is the planned one. @default false */
  readonly isForced?: boolean;
}

/**
 * Writes what is planned to `path`: layers straight to their places while they are verified, everything else last, under a
 * temporary name until all of it is there. What has arrived when it fails or is stopped, and what has arrived of images
 * that failed, is where the next run begins; what is not used again is told.
 *
 * `existing` is the bundle that `path` holds now. If it is the planned one nothing is fetched, unless `isForced`; else its
 * layers are verified and reused, and it is replaced. An image that cannot be had is left out and told.
 *
 * @throws `NO_SPACE`, `FILE_FAILED`, `OUTPUT_EXISTS`, the abort reason of `signal`; with `failFast` what the first image
 * failed with
 */
export async function exportBundle(
  plan: Plan,
  path: string,
  options: ExportBundleOptions,
): Promise<ExportReport> {
  const { cache, existing, heading, isForced = false, onEvent } = options;
  if (plan.images.length === 0) return reportNothing(plan.failed);
  const wanted = composeBundle(plan.images, plan.manifests, heading);
  // Before the first byte comes: images that fail only make it smaller.
  if (existing?.id !== wanted.id) await checkRoom(path, wanted, options);
  const { complete, failed } = await fetchMetadata(plan, options);
  const planFailed = [...plan.failed, ...failed];
  if (complete.length === 0) return reportNothing(planFailed);
  tellLostReferrers(plan.images, complete, onEvent);
  const isAsPlanned =
    complete.length === plan.images.length && complete.every((image, i) => image === plan.images[i]);
  const planned = isAsPlanned ? wanted : composeBundle(complete, plan.manifests, heading);
  if (existing?.id === planned.id && !isForced) {
    if (isWhole(complete, planFailed)) await discardPartialFile(path, onEvent);
    return reportBundle(planned, { complete, failed: planFailed }, { metadata: cache.fetched }, false);
  }

  const file = await createBundleFile(path, planned, options);
  return await closeAfter(file, async () => {
    const { fetched, failures } = await downloadLayers(planned, file, plan, options);
    const rest = takeOut(complete, plan.manifests, failures);
    const allFailed = [...planFailed, ...rest.failed];
    if (rest.complete.length === 0) return reportNothing(allFailed);
    tellLostReferrers(complete, rest.complete, onEvent);
    const bundle = failures.size === 0 ? planned : composeBundle(rest.complete, plan.manifests, heading);
    if (bundle !== planned) await relayLayers(planned, bundle, file, options);
    onEvent?.({ kind: "phase", phase: "write" });
    const isAll = failures.size === 0 && isWhole(rest.complete, allFailed);
    await file.finish(bundle, async (descriptor) => await readMetadata(cache, descriptor), {
      ...options,
      rest: isAll ? "drop" : "keep",
    });
    const sorted = { complete: rest.complete, failed: allFailed };
    return reportBundle(bundle, sorted, { layers: fetched, metadata: cache.fetched }, true);
  });
}

/** Is there nothing that the next run may bring? */
function isWhole(images: readonly PlannedImage[], failed: readonly FailedImage[]): boolean {
  return failed.length === 0 && images.every(({ referrerFailures }) => referrerFailures.length === 0);
}

const CACHE = "the cache";

/**
 * Puts the layers where they lie in a bundle of fewer images. A blob that only the images taken out had as metadata is
 * a layer now, and was never downloaded as one: the cache has it.
 */
async function relayLayers(
  planned: ComposedBundle,
  bundle: ComposedBundle,
  file: BundleFile,
  options: ExportOptions,
): Promise<void> {
  await file.moveLayers(bundle, options);
  const downloaded = new Set(planned.layers.map(({ descriptor }) => descriptor.digest));
  for (const layer of bundle.layers) {
    if (downloaded.has(layer.descriptor.digest)) continue;
    const sink = await file.openLayer(layer, options);
    const content = await readMetadata(options.cache, layer.descriptor);
    // An earlier run may have had it as a layer, or come as far as this.
    await sink.append(contentOf(content.subarray(sink.position())), CACHE);
    await sink.finish(CACHE);
  }
}
