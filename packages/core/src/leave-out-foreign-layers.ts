import type { Descriptor } from "./descriptor.ts";
import type { Manifest } from "./manifest.ts";
import { isForeignLayerType } from "./media-types.ts";

/** The layers of a manifest that may not be passed on. Their `urls` are never followed: they may name any host. */
export function listForeignLayers(manifest: Manifest): readonly Descriptor[] {
  return manifest.kind === "index"
    ? []
    : manifest.layers.filter(({ mediaType }) => isForeignLayerType(mediaType));
}

/** The manifest with foreign layers only where they are to be had; the others are in `leftOut`. */
export function leaveOutForeignLayers(manifest: Manifest, has: (digest: string) => boolean): Manifest {
  const leftOut = listForeignLayers(manifest).filter(({ digest }) => !has(digest));
  if (manifest.kind === "index" || leftOut.length === 0) return manifest;
  return { ...manifest, layers: manifest.layers.filter((layer) => !leftOut.includes(layer)), leftOut };
}
