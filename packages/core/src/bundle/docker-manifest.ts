import { isImageConfigType } from "../media-types.ts";
import type { ManifestGraph } from "../plan/manifest-graph.ts";
import { blobPath } from "./layout.ts";
import type { NamedRoot } from "./root-names.ts";

/**
 * `manifest.json` as `docker save` writes it, so that `docker load` and `podman load` take the roots that are single
 * images; undefined if none is. Indexes, artifacts and images without one of
 * their layers have no place in it.
 */
export function formatDockerManifest(
  roots: readonly NamedRoot[],
  manifests: ManifestGraph,
): string | undefined {
  const images = roots.flatMap(({ name, isTagged, descriptor }) => {
    const manifest = manifests.get(descriptor.digest);
    // An image that lacks a layer would not load, and keep the others from loading.
    if (manifest?.kind !== "image" || manifest.leftOut !== undefined) return [];
    const { config, layers } = manifest;
    if (config === undefined || !isImageConfigType(config.mediaType)) return [];
    return {
      Config: blobPath(config.digest),
      RepoTags: isTagged ? [name] : [],
      Layers: layers.map(({ digest }) => blobPath(digest)),
    };
  });
  return images.length === 0 ? undefined : JSON.stringify(images);
}
