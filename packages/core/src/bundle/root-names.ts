import type { Descriptor } from "../descriptor.ts";
import { MEDIA_TYPES } from "../media-types.ts";
import type { PlannedImage } from "../plan/plan.ts";
import { formatReference } from "../reference.ts";

/** An entry of `index.json`. */
export interface NamedRoot {
  /** `REGISTRY/REPOSITORY:TAG` or `REGISTRY/REPOSITORY@DIGEST`; unique in a bundle. */
  readonly name: string;
  readonly isTagged: boolean;
  readonly descriptor: Descriptor;
}

/**
 * Names each distinct root of each source reference for tools that read OCI layouts: the first image of a reference, in
 * the order of the selection, keeps its tag; further roots of it, and what was selected by digest, are named by digest.
 * Sorted by name.
 */
export function nameRoots(images: readonly PlannedImage[]): NamedRoot[] {
  const roots = new Map<string, NamedRoot>();
  for (const { source, descriptor } of images) {
    const { registry, repository, tag, digest } = source;
    const tagged =
      tag === undefined || digest !== undefined ? undefined : formatReference({ registry, repository, tag });
    const holder = tagged === undefined ? undefined : roots.get(tagged);
    if (holder?.descriptor.digest === descriptor.digest) continue;
    const isTagged = tagged !== undefined && holder === undefined;
    const name = isTagged ? tagged : formatReference({ registry, repository, digest: descriptor.digest });
    roots.set(name, { name, isTagged, descriptor });
  }
  return [...roots.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** `index.json`: {@link https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md#indexjson-file}. */
export function formatIndex(roots: readonly NamedRoot[]): string {
  const manifests = roots.map(({ name, descriptor: { mediaType, digest, size } }) => ({
    mediaType,
    digest,
    size,
    annotations: { "io.containerd.image.name": name, "org.opencontainers.image.ref.name": name },
  }));
  return JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests });
}
