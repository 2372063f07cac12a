import type { Descriptor } from "@airgap-bundle/core";
import type { FleetImage, FleetManifest } from "./fleet.ts";

/** A blob, and the repositories that have it. */
export interface SharedBlob extends Descriptor {
  readonly repositories: readonly string[];
}

/** All configs and layers of these images, each once, the largest first. */
export function listBlobs(images: readonly FleetImage[]): readonly SharedBlob[] {
  const found = new Map<string, { readonly blob: Descriptor; readonly repositories: Set<string> }>();
  for (const { repository, blobs } of images)
    for (const blob of blobs) {
      const one = found.get(blob.digest) ?? { blob, repositories: new Set<string>() };
      one.repositories.add(repository);
      found.set(blob.digest, one);
    }
  return [...found.values()]
    .map(({ blob, repositories }) => ({ ...blob, repositories: [...repositories] }))
    .sort((a, b) => b.size - a.size);
}

/** All manifests of these images, each once. */
export function listManifests(
  images: readonly FleetImage[],
): readonly (FleetManifest & { readonly repository: string })[] {
  const all = images.flatMap(({ repository, root, children }) =>
    [...children, root].map((manifest) => ({ ...manifest, repository })),
  );
  return [...new Map(all.map((manifest) => [manifest.digest, manifest])).values()];
}

/** Bytes of all that these images are made of, each counted once. */
export function sizeOf(images: readonly FleetImage[]): number {
  return [...listBlobs(images), ...listManifests(images)].reduce((sum, { size }) => sum + size, 0);
}
