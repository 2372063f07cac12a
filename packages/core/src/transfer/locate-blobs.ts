import { listContent, type ManifestGraph } from "../plan/manifest-graph.ts";
import { listRoots, type PlannedImage } from "../plan/plan.ts";
import type { RepositoryName } from "../reference.ts";

/** The repositories that have a blob, by its digest, in the order of the images that need it. */
export function locateBlobs(
  images: readonly PlannedImage[],
  manifests: ManifestGraph,
): ReadonlyMap<string, readonly RepositoryName[]> {
  const places = new Map<string, Map<string, RepositoryName>>();
  for (const image of images) {
    const { registry, repository } = image.source;
    for (const { descriptor } of listRoots(image).flatMap((root) => listContent(root, manifests))) {
      const known = places.get(descriptor.digest) ?? new Map<string, RepositoryName>();
      known.set(`${registry}/${repository}`, { registry, repository });
      places.set(descriptor.digest, known);
    }
  }
  return new Map([...places].map(([digest, known]) => [digest, [...known.values()]]));
}
