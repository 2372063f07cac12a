import type { OpenedBundle } from "../bundle/open-bundle.ts";
import { MAX_MANIFEST_SIZE, readAll, verified } from "../content.ts";
import type { Descriptor } from "../descriptor.ts";
import { isBundleError } from "../error.ts";
import type { AbortOptions, PutManifestOptions, Repository } from "../repository.ts";

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
    const lost = await findLost(bundle, descriptor, repository, error.digests ?? []);
    if (lost.length === 0) throw error;
    for (const part of lost) await sendAnew(bundle, part, repository, options);
    await repository.putManifest(descriptor, content, options);
  }
}

/** What the registry names; if it names nothing, what it does not have when asked. */
async function findLost(
  bundle: OpenedBundle,
  { digest }: Descriptor,
  repository: Repository,
  named: readonly string[],
): Promise<readonly Descriptor[]> {
  const parts = listParts(bundle, digest).filter((part) => bundle.has(part.digest));
  if (named.length > 0) return parts.filter((part) => named.includes(part.digest));
  const lost: Descriptor[] = [];
  for (const part of parts) {
    const found = bundle.manifests.has(part.digest)
      ? await repository.resolve(part.digest)
      : await repository.statBlob(part.digest);
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
  else await repository.putBlob(part, () => bundle.openBlob(part, abort), abort);
}
