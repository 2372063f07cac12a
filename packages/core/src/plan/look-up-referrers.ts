import type { Descriptor } from "../descriptor.ts";
import { type BundleError, isBundleError } from "../error.ts";
import { formatReferrersTag, formatSignatureTags } from "../referrers-tag.ts";
import type { AbortOptions, Source } from "../repository.ts";
import { plainDescriptor } from "./manifest-graph.ts";

/** A repository in which referrers are looked for. */
export interface ReferrerPlace {
  readonly source: Source;
  /** All of its tags; undefined if they were not listed, or there may be more. */
  readonly tags: ReadonlySet<string> | undefined;
}

/** A manifest that is said to speak of another, and the tag by which it was found if that was one of cosign's. */
export interface FoundReferrer {
  readonly descriptor: Descriptor;
  readonly tag?: string;
}

/** What a repository says of the referrers of one manifest. */
export interface ReferrerAnswer {
  readonly found: readonly FoundReferrer[];
  /** The list under the tag of the tag schema, where there is no API: its entries are referrers too. */
  readonly list?: Descriptor;
  /** Why there may be more. */
  readonly errors: readonly BundleError[];
}

/**
 * Asks a repository what speaks of a manifest: the referrers API, where there is none the tag schema, and in any case
 * cosign's tags. A tag that a list of all tags does not have is not asked for.
 *
 * @throws the abort reason of `signal`
 */
export async function lookUpReferrers(
  digest: string,
  place: ReferrerPlace,
  options: AbortOptions,
): Promise<ReferrerAnswer> {
  const found: FoundReferrer[] = [];
  const errors: BundleError[] = [];
  let list: Descriptor | undefined;
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!isBundleError(error)) throw error;
      errors.push(error);
    }
  };

  await attempt(async () => {
    const listed = await listByApi(digest, place.source, options);
    if (listed === undefined) list = await resolveTag(formatReferrersTag(digest), place, options);
    else found.push(...listed.map((referrer) => ({ descriptor: plainDescriptor(referrer) })));
  });
  for (const tag of formatSignatureTags(digest)) {
    await attempt(async () => {
      const descriptor = await resolveTag(tag, place, options);
      if (descriptor !== undefined) found.push({ descriptor, tag });
    });
  }
  return { found, errors, ...(list === undefined ? {} : { list }) };
}

async function listByApi(
  digest: string,
  source: Source,
  options: AbortOptions,
): Promise<readonly Descriptor[] | undefined> {
  try {
    return await source.listReferrers(digest, options);
  } catch (error) {
    if (isBundleError(error, "UNSUPPORTED")) return undefined;
    throw error;
  }
}

async function resolveTag(
  tag: string,
  { source, tags }: ReferrerPlace,
  options: AbortOptions,
): Promise<Descriptor | undefined> {
  return tags?.has(tag) === false ? undefined : await source.resolve(tag, options);
}
