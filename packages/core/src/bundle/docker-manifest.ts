import { isImageConfigType } from "../media-types.ts";
import type { ManifestGraph } from "../plan/manifest-graph.ts";
import { blobPath } from "./layout.ts";
import type { NamedRoot } from "./root-names.ts";

/**
 * `manifest.json` as `docker save` writes it, so that `docker load` and `podman load` take the roots that are single
 * images; undefined if none is. Indexes and artifacts have no place in it.
 */
export function formatDockerManifest(
  roots: readonly NamedRoot[],
  manifests: ManifestGraph,
): string | undefined {
  const images = roots.flatMap(({ name, isTagged, descriptor }) => {
    const manifest = manifests.get(descriptor.digest);
    const config = manifest?.kind === "image" ? manifest.config : undefined;
    if (manifest?.kind !== "image" || config === undefined || !isImageConfigType(config.mediaType)) return [];
    return {
      Config: blobPath(config.digest),
      RepoTags: isTagged ? [name] : [],
      Layers: manifest.layers.map(({ digest }) => blobPath(digest)),
    };
  });
  return images.length === 0 ? undefined : JSON.stringify(images);
}
