import type { OpenedBundle } from "../bundle/open-bundle.ts";
import { MAX_MANIFEST_SIZE, readAll, verified } from "../content.ts";
import type { Descriptor } from "../descriptor.ts";
import { isBundleError } from "../error.ts";
import type { AbortOptions, PutManifestOptions, Repository } from "../repository.ts";
import { sendBlob } from "./push-blob.ts";

/** The bytes of a manifest of a bundle. @throws `DIGEST_INVALID` if it is damaged */
export async function readCarriedManifest(
  bundle: OpenedBundle,
  descriptor: Descriptor,
  options: AbortOptions,
): Promise<Uint8Array> {
  const content = verified(descriptor, bundle.openBlob(descriptor, options), bundle.path);
  return await readAll(content, MAX_MANIFEST_SIZE);
}

/**
 * Stores a manifest of a bundle. What the registry says it lacks, although it was there or mounted before, is sent anew
 * once: a registry may collect garbage between the two, or mount what is gone.
 */
export async function putWholeManifest(
  bundle: OpenedBundle,
  descriptor: Descriptor,
  repository: Repository,
  options: PutManifestOptions,
): Promise<void> {
  const content = await readCarriedManifest(bundle, descriptor, options);
  try {
    await repository.putManifest(descriptor, content, options);
  } catch (error) {
    if (!isBundleError(error, "MANIFEST_BLOB_UNKNOWN")) throw error;
    const parts = listParts(bundle, descriptor.digest).filter((part) => bundle.has(part.digest));
    const named = error.digests ?? [];
    const lost =
      named.length > 0
        ? parts.filter((part) => named.includes(part.digest))
        : await findLost(bundle, parts, repository, options);
    if (lost.length === 0) throw error;
    for (const part of lost) await sendAnew(bundle, part, repository, options);
    await repository.putManifest(descriptor, content, options);
  }
}

/** What the registry does not have when it is asked. */
async function findLost(
  bundle: OpenedBundle,
  parts: readonly Descriptor[],
  repository: Repository,
  { signal }: AbortOptions,
): Promise<readonly Descriptor[]> {
  const abort = signal === undefined ? {} : { signal };
  const lost: Descriptor[] = [];
  for (const part of parts) {
    const found = bundle.manifests.has(part.digest)
      ? await repository.resolve(part.digest, abort)
      : await repository.statBlob(part.digest, abort);
    if (found === undefined) lost.push(part);
  }
  return lost;
}

/** What a manifest names itself. */
function listParts({ manifests }: OpenedBundle, digest: string): readonly Descriptor[] {
  const manifest = manifests.get(digest);
  if (manifest === undefined) return [];
  if (manifest.kind === "index") return manifest.children;
  return manifest.config === undefined ? manifest.layers : [manifest.config, ...manifest.layers];
}

async function sendAnew(
  bundle: OpenedBundle,
  part: Descriptor,
  repository: Repository,
  { signal }: PutManifestOptions,
): Promise<void> {
  const abort = signal === undefined ? {} : { signal };
  if (bundle.manifests.has(part.digest)) await putWholeManifest(bundle, part, repository, abort);
  else await sendBlob(bundle, part, { repository, holder: undefined }, abort);
}
