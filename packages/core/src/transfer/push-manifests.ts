import type { OpenedBundle } from "../bundle/open-bundle.ts";
import { listManifestsUpwards } from "../plan/manifest-graph.ts";
import type { AbortOptions, Repository } from "../repository.ts";
import type { PlannedImport } from "./plan-import.ts";
import { putWholeManifest } from "./put-whole-manifest.ts";

/** Pushes the manifests of an image whose blobs are there: what others name before what names it, the tag last. */
export async function pushManifests(
  bundle: OpenedBundle,
  { image, target }: PlannedImport,
  repository: Repository,
  options: AbortOptions,
): Promise<void> {
  for (const descriptor of listManifestsUpwards(image.descriptor, bundle.manifests)) {
    const isRoot = descriptor.digest === image.descriptor.digest;
    const tag = isRoot && target.tag !== null ? { tag: target.tag } : {};
    await putWholeManifest(bundle, descriptor, repository, { ...options, ...tag });
  }
}
