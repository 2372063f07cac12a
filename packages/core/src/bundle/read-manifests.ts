import { MAX_MANIFEST_SIZE } from "../content.ts";
import type { Descriptor } from "../descriptor.ts";
import { isBundleError } from "../error.ts";
import { leaveOutForeignLayers } from "../leave-out-foreign-layers.ts";
import { type Manifest, parseManifest } from "../manifest.ts";
import { isImageType, isIndexType } from "../media-types.ts";
import { MAX_INDEX_DEPTH } from "../plan/manifest-graph.ts";
import { checkBlob } from "./check-blob.ts";
import type { BundleProblem } from "./check-structure.ts";
import { readExactly } from "./file.ts";
import type { ReadableFile } from "./read-ahead.ts";
import type { BundleHead } from "./read-head.ts";

/** All manifests of a bundle are held in memory, read: a hundred thousand of the usual size. More is an attack on it. */
export const MAX_MANIFESTS_SIZE: number = 512 * 1024 * 1024;

/** Manifests of one bundle, as they are read. */
export interface ManifestReader {
  /** Those that could be read, by digest. */
  readonly manifests: ReadonlyMap<string, Manifest>;
  /** Reads a manifest and all below it; tells what cannot be read, each manifest once. */
  read(root: Descriptor): AsyncGenerator<BundleProblem>;
}

/** A reader that puts what it reads into `manifests`; the content of all metadata has its digest. */
export function createManifestReader(
  handle: ReadableFile,
  head: BundleHead,
  manifests: Map<string, Manifest>,
): ManifestReader {
  const metadata = new Set(
    head.document.blobs.filter(({ volume }) => volume === 0).map(({ digest }) => digest),
  );
  const refused = new Set<string>();
  let readSize = 0;

  async function* read(descriptor: Descriptor, depth: number): AsyncGenerator<BundleProblem> {
    const { digest } = descriptor;
    const place = head.blobs.get(digest);
    // What is missing or too deep is the closure's to tell.
    if (place === undefined || depth > MAX_INDEX_DEPTH || refused.has(digest)) return;
    const about = { digest, offset: place.offset };
    const known = manifests.get(digest);
    if (known !== undefined) {
      if (isTypeOf(descriptor.mediaType, known)) return;
      const message = `manifest ${digest} is announced as ${JSON.stringify(descriptor.mediaType)} and as ${known.mediaType}`;
      yield { kind: "manifest", message, ...about };
      return;
    }
    refused.add(digest);
    readSize += place.size;
    if (place.size !== descriptor.size || place.size > MAX_MANIFEST_SIZE) {
      yield { kind: "size", message: `manifest ${digest} has ${place.size} bytes`, ...about };
      return;
    }
    if (readSize > MAX_MANIFESTS_SIZE) {
      const message = `manifest ${digest} is one too many: all together have more than ${MAX_MANIFESTS_SIZE} bytes`;
      yield { kind: "manifest", message, ...about };
      return;
    }
    // All metadata was compared with its digest before; what lies among the layers was not.
    if (!metadata.has(digest)) yield* checkBlob(handle, head, digest);
    const manifest = await tryParse(handle, descriptor, place.offset);
    if ("message" in manifest) {
      yield { kind: "manifest", message: manifest.message, ...about };
      return;
    }
    refused.delete(digest);
    manifests.set(
      digest,
      leaveOutForeignLayers(manifest, (layer) => head.blobs.has(layer)),
    );
    if (manifest.kind === "image") return;
    for (const child of manifest.children) yield* read(child, depth + 1);
  }

  return { manifests, read: (root) => read(root, 0) };
}

/** The OCI's and docker's name of one kind may stand for the same bytes, names of two kinds may not. */
function isTypeOf(mediaType: string, manifest: Manifest): boolean {
  return manifest.kind === "index" ? isIndexType(mediaType) : isImageType(mediaType);
}

async function tryParse(
  handle: ReadableFile,
  descriptor: Descriptor,
  offset: number,
): Promise<Manifest | { readonly message: string }> {
  const content = await readExactly(handle, offset, descriptor.size);
  try {
    return parseManifest(descriptor, content);
  } catch (error) {
    if (isBundleError(error)) return { message: error.message };
    throw error;
  }
}
