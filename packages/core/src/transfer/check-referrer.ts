import type { OpenedBundle } from "../bundle/open-bundle.ts";
import type { Descriptor } from "../descriptor.ts";
import { BundleError, isBundleError } from "../error.ts";
import { parseManifest } from "../manifest.ts";
import type { CarriedReferrer } from "../plan/plan.ts";
import { formatReferrersTag } from "../referrers-tag.ts";
import type { AbortOptions, Repository } from "../repository.ts";
import { listSignatures } from "./list-signatures.ts";
import { readCarriedManifest } from "./put-whole-manifest.ts";

/** Digests of what a repository knows to speak of one manifest. */
export type StoredReferrers = ReadonlySet<string>;

/** Where a referrer is looked for. */
export interface ReferrerTarget {
  readonly repository: Repository;
  readonly listStored: () => Promise<StoredReferrers>;
}

/**
 * Is the referrer where whoever looks for it will find it? A tag may stand for something else: that is replaced only if
 * all signatures in it are in the referrer too.
 *
 * @throws `TARGET_CONFLICT` if signatures would be lost; what the registry failed with
 */
export async function checkReferrer(
  bundle: OpenedBundle,
  { descriptor, tag }: CarriedReferrer,
  { repository, listStored }: ReferrerTarget,
  options: AbortOptions,
): Promise<boolean> {
  if (tag === undefined) return (await listStored()).has(descriptor.digest);
  const found = await repository.resolve(tag, options);
  if (found === undefined || found.digest === descriptor.digest) return found !== undefined;
  await checkReplacement(bundle, { descriptor, tag, found }, repository, options);
  return false;
}

/** What is to take the place of something else under a tag of signatures. */
export interface Replacement {
  readonly tag: string;
  readonly descriptor: Descriptor;
  /** What has the tag now. */
  readonly found: Descriptor;
}

/**
 * Lets signatures, or a list of referrers, be replaced only by what holds all of them.
 *
 * @throws `TARGET_CONFLICT` if some would be lost; what the registry failed with
 */
export async function checkReplacement(
  bundle: OpenedBundle,
  { tag, descriptor, found }: Replacement,
  repository: Repository,
  options: AbortOptions,
): Promise<void> {
  const kept = new Set(listSignatures(descriptor, await readCarriedManifest(bundle, descriptor, options)));
  const stored = listSignatures(found, await repository.readManifest(found, options));
  if (stored.every((signature) => kept.has(signature))) return;
  throw new BundleError(
    "TARGET_CONFLICT",
    `Cannot replace ${tag}: the registry has signatures there that the bundle lacks`,
    {
      hint: "Keep what is there, or remove the tag in the registry and import again; the image that it speaks of is not concerned",
    },
  );
}

/** What a repository lists as referrers of a manifest: by its API, else by the tag schema. */
export async function listStoredReferrers(
  repository: Repository,
  subject: string,
  options: AbortOptions,
): Promise<StoredReferrers> {
  try {
    return toDigests(await repository.listReferrers(subject, options));
  } catch (error) {
    if (!isBundleError(error, "UNSUPPORTED")) throw error;
  }
  const list = await repository.resolve(formatReferrersTag(subject), options);
  if (list === undefined) return new Set();
  const manifest = parseManifest(list, await repository.readManifest(list, options));
  // Of what is no list the push that follows tells what is wrong.
  return toDigests(manifest.kind === "index" ? manifest.children : []);
}

function toDigests(descriptors: readonly Descriptor[]): StoredReferrers {
  return new Set(descriptors.map(({ digest }) => digest));
}
