import type { Descriptor } from "../descriptor.ts";
import { checkSameSize, listContent, type ManifestGraph } from "../plan/manifest-graph.ts";

/** The blobs of a set of images, each once, in the order of first use. */
export interface CollectedBlobs {
  /** Manifests, indexes and configs. */
  readonly metadata: readonly Descriptor[];
  readonly layers: readonly Descriptor[];
}

/**
 * Collects what these roots are made of. A blob that is metadata of one image is metadata, whatever others use it for.
 *
 * @throws `SIZE_INVALID` if one digest is given two sizes; what {@link listContent} throws
 */
export function collectBlobs(roots: readonly Descriptor[], manifests: ManifestGraph): CollectedBlobs {
  const metadata = new Map<string, Descriptor>();
  const layers = new Map<string, Descriptor>();
  for (const root of roots) {
    for (const { descriptor, role } of listContent(root, manifests)) {
      checkSameSize(descriptor, metadata.get(descriptor.digest) ?? layers.get(descriptor.digest));
      const blobs = role === "layer" ? layers : metadata;
      if (!blobs.has(descriptor.digest)) blobs.set(descriptor.digest, descriptor);
    }
  }
  return {
    metadata: [...metadata.values()],
    layers: [...layers.values()].filter(({ digest }) => !metadata.has(digest)),
  };
}
