import type { Descriptor } from "../descriptor.ts";
import { isBundleError } from "../error.ts";
import { leaveOutForeignLayers, listForeignLayers } from "../leave-out-foreign-layers.ts";
import { mapConcurrent } from "../map-concurrent.ts";
import { formatReference } from "../reference.ts";
import { repositoryKey } from "./list-mapped-tags.ts";
import { listContent, type ManifestGraph } from "./manifest-graph.ts";
import { listRoots, type PlannedImage, type PlanWarning } from "./plan.ts";
import type { PlanOptions } from "./plan-options.ts";

/** What will be carried of the manifests, and what is to be said about it. */
export interface FoundLayers {
  readonly manifests: ManifestGraph;
  readonly warnings: readonly PlanWarning[];
}

interface ForeignLayer {
  readonly image: PlannedImage;
  readonly layer: Descriptor;
}

/**
 * Asks the registries for the layers that may not be passed on: many have them all the same. Those that no repository
 * has are left out of the manifests, with a warning for each image. A layer that cannot be asked for stays: fetching it
 * will say why.
 */
export async function findForeignLayers(
  images: readonly PlannedImage[],
  manifests: ManifestGraph,
  options: PlanOptions,
): Promise<FoundLayers> {
  const { jobs, signal } = options;
  const foreign = images.flatMap((image) => listForeign(image, manifests));
  const asked = new Map(
    foreign.map((one) => [`${repositoryKey(one.image.source)} ${one.layer.digest}`, one]),
  );
  const answers = await mapConcurrent(
    [...asked.values()],
    async (one, jobSignal) =>
      (await isThere(one, { ...options, signal: jobSignal })) ? [one.layer.digest] : [],
    { concurrency: jobs, ...(signal === undefined ? {} : { signal }) },
  );
  const found = new Set(answers.flat());
  const has = (digest: string): boolean => found.has(digest);
  return {
    manifests: new Map([...manifests].map(([digest, one]) => [digest, leaveOutForeignLayers(one, has)])),
    warnings: foreign.filter(({ layer }) => !has(layer.digest)).map(toWarning),
  };
}

function listForeign(image: PlannedImage, manifests: ManifestGraph): readonly ForeignLayer[] {
  const parts = listRoots(image).flatMap((root) => listContent(root, manifests));
  const layers = parts.flatMap(({ descriptor }) => {
    const manifest = manifests.get(descriptor.digest);
    return manifest === undefined ? [] : listForeignLayers(manifest);
  });
  const distinct = new Map(layers.map((layer) => [layer.digest, layer]));
  return [...distinct.values()].map((layer) => ({ image, layer }));
}

async function isThere(
  { image, layer }: ForeignLayer,
  { openSource, signal }: PlanOptions,
): Promise<boolean> {
  try {
    const abort = signal === undefined ? {} : { signal };
    return (await openSource(image.source).statBlob(layer.digest, abort)) !== undefined;
  } catch (error) {
    signal?.throwIfAborted();
    if (!isBundleError(error)) throw error;
    return true;
  }
}

function toWarning({ image, layer }: ForeignLayer): PlanWarning {
  const message = `${formatReference(image.source)} is carried without its layer ${layer.digest} (${layer.size} bytes): it may not be passed on, and the registry does not have it; whoever runs the image inside must have that layer, and the target must accept a manifest without it`;
  return { code: "LAYER_LEFT_OUT", message };
}
