import { isBundleError } from "../error.ts";
import { isForAll } from "../is-for-all.ts";
import { mapConcurrent } from "../map-concurrent.ts";
import {
  ALL_PLATFORMS,
  formatPlatform,
  matchesPlatform,
  normalizePlatform,
  parsePlatform,
} from "../platform.ts";
import { formatReference } from "../reference.ts";
import { type ChosenImage, toFailedRequest } from "./choose-images.ts";
import type { ManifestGraph } from "./manifest-graph.ts";
import type { FailedImage, PlannedImage, PlanWarning } from "./plan.ts";
import type { PlanOptions } from "./plan-options.ts";
import { readConfigPlatform } from "./read-config-platform.ts";

/** Images as a plan has them, and what is to be said about them. */
export interface FinishedImages {
  readonly images: readonly PlannedImage[];
  readonly failed: readonly FailedImage[];
  readonly warnings: readonly PlanWarning[];
}

type Finished =
  | { readonly kind: "planned"; readonly image: PlannedImage; readonly warning?: PlanWarning }
  | { readonly kind: "failed"; readonly failure: FailedImage };

/**
 * Completes what was chosen. A reference that stands for a single image is taken as it is: its config says for which
 * platform, and a warning if that is not one of those wanted.
 *
 * @throws what concerns all: `NO_SPACE`, `FILE_FAILED` of the cache, `TOOMANYREQUESTS`
 */
export async function finishImages(
  chosen: readonly ChosenImage[],
  manifests: ManifestGraph,
  options: PlanOptions,
): Promise<FinishedImages> {
  const { jobs, signal } = options;
  const finished = await mapConcurrent(
    chosen,
    async (image, jobSignal) => await finishImage(image, manifests, { ...options, signal: jobSignal }),
    { concurrency: jobs, ...(signal === undefined ? {} : { signal }) },
  );
  return {
    images: finished.flatMap((one) => (one.kind === "planned" ? [one.image] : [])),
    failed: finished.flatMap((one) => (one.kind === "failed" ? [one.failure] : [])),
    warnings: finished.flatMap((one) =>
      one.kind === "planned" && one.warning !== undefined ? [one.warning] : [],
    ),
  };
}

async function finishImage(
  image: ChosenImage,
  manifests: ManifestGraph,
  options: PlanOptions,
): Promise<Finished> {
  try {
    const manifest = manifests.get(image.resolved.digest);
    const config = manifest?.kind === "image" ? manifest.config : undefined;
    if (config === undefined) return { kind: "planned", image: toPlannedImage(image, image.taken) };
    const platform = await readConfigPlatform(config, image.source, options);
    if (platform === undefined) return { kind: "planned", image: toPlannedImage(image, image.taken) };
    const name = formatPlatform(normalizePlatform(platform));
    const isWanted = image.platforms.some(
      (wanted) => wanted === ALL_PLATFORMS || matchesPlatform(platform, parsePlatform(wanted)),
    );
    const planned = { kind: "planned", image: toPlannedImage(image, [name]) } as const;
    return isWanted ? planned : { ...planned, warning: mismatch(image, name) };
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!isBundleError(error) || isForAll(error) || error.code === "TOOMANYREQUESTS") throw error;
    return { kind: "failed", failure: toFailedRequest(image, error) };
  }
}

function toPlannedImage(image: ChosenImage, platforms: readonly string[]): PlannedImage {
  const { source, target, resolved, root, task, selectedBy } = image;
  return {
    source,
    target,
    resolved: resolved.digest,
    descriptor: root,
    platforms,
    task,
    selectedBy,
    referrers: [],
    referrerStatus: "off",
    referrerFailures: [],
  };
}

function mismatch(image: ChosenImage, platform: string): PlanWarning {
  const wanted = image.platforms.join(", ");
  const message = `${formatReference(image.source)} is a single image for ${platform}, not for ${wanted}; it is taken as it is`;
  return { code: "PLATFORM_MISMATCH", message };
}
