import { listContent, type ManifestGraph } from "../plan/manifest-graph.ts";
import type { PlannedImage } from "../plan/plan.ts";
import type { RepositoryName } from "../reference.ts";

/** The repositories that have a blob, by its digest, in the order of the images that need it. */
export function locateBlobs(
  images: readonly PlannedImage[],
  manifests: ManifestGraph,
): ReadonlyMap<string, readonly RepositoryName[]> {
  const places = new Map<string, Map<string, RepositoryName>>();
  for (const { source, descriptor } of images) {
    const { registry, repository } = source;
    for (const { descriptor: part } of listContent(descriptor, manifests)) {
      const known = places.get(part.digest) ?? new Map<string, RepositoryName>();
      known.set(`${registry}/${repository}`, { registry, repository });
      places.set(part.digest, known);
    }
  }
  return new Map([...places].map(([digest, known]) => [digest, [...known.values()]]));
}
