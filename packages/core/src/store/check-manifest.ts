import { MAX_MANIFEST_SIZE } from "../content.ts";
import type { Descriptor } from "../descriptor.ts";
import { BundleError } from "../error.ts";
import { createDigestHash } from "../hash.ts";
import { type ImageManifest, type Manifest, parseManifest } from "../manifest.ts";
import { isForeignLayerType, isImageType, isIndexType } from "../media-types.ts";

/** What a manifest's check asks of the repository that it goes to. */
export interface HeldContent {
  hasBlob(digest: string): Promise<boolean>;
  hasManifest(digest: string): Promise<boolean>;
}

/**
 * Checks what a registry checks before it stores a manifest: size, digest, structure, and that all it names is there.
 * The subject may come later: {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests-with-subject}.
 *
 * @returns what it says
 * @throws `SIZE_INVALID`, `DIGEST_INVALID`, `MANIFEST_INVALID`, `MANIFEST_BLOB_UNKNOWN` naming the digest
 */
export async function checkManifest(
  descriptor: Descriptor,
  content: Uint8Array,
  held: HeldContent,
): Promise<Manifest> {
  checkBytes(descriptor, content);
  const manifest = parseManifest(descriptor, content);
  if (manifest.kind === "index") {
    for (const child of manifest.children) {
      const isHeld = isManifestType(child.mediaType) ? held.hasManifest : held.hasBlob;
      if (!(await isHeld(child.digest))) throw unknownBlob(descriptor, child);
    }
    return manifest;
  }
  for (const blob of listBlobs(manifest)) {
    if (isForeignLayerType(blob.mediaType)) continue;
    if (!(await held.hasBlob(blob.digest))) throw unknownBlob(descriptor, blob);
  }
  return manifest;
}

function listBlobs({ config, layers }: ImageManifest): readonly Descriptor[] {
  return config === undefined ? layers : [config, ...layers];
}

function checkBytes(descriptor: Descriptor, content: Uint8Array): void {
  const { digest, size } = descriptor;
  if (content.length > MAX_MANIFEST_SIZE) {
    throw new BundleError(
      "SIZE_INVALID",
      `Cannot store manifest ${digest}: it is larger than ${MAX_MANIFEST_SIZE} bytes`,
    );
  }
  if (content.length !== size) {
    throw new BundleError(
      "SIZE_INVALID",
      `Cannot store manifest ${digest}: it has ${content.length} of ${size} bytes`,
    );
  }
  const hex = createDigestHash(digest).update(content).digest("hex");
  if (!digest.endsWith(`:${hex}`)) {
    throw new BundleError(
      "DIGEST_INVALID",
      `Cannot store manifest ${digest}: its bytes have the digest ${hex}`,
    );
  }
}

function isManifestType(mediaType: string): boolean {
  return isIndexType(mediaType) || isImageType(mediaType);
}

function unknownBlob(descriptor: Descriptor, missing: Descriptor): BundleError {
  return new BundleError(
    "MANIFEST_BLOB_UNKNOWN",
    `Cannot store manifest ${descriptor.digest}: ${missing.digest} (${missing.mediaType}) is not in the repository`,
    { hint: "Push everything that a manifest names before the manifest" },
  );
}
