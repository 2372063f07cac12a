import { parseDigest } from "./digest.ts";
import { isTag } from "./reference.ts";

/** As much of a digest as the tag schema keeps; the algorithms that there are fit whole. */
const MAX_ENCODED_LENGTH = 64;

/** What cosign puts behind the name of what it signed, attested or described. */
const SIGNATURE_SUFFIXES = [".sig", ".att", ".sbom"] as const;

/**
 * The tag under which referrers of a manifest are listed where a registry has no API for it:
 * {@link https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema}.
 */
export function formatReferrersTag(digest: string): string {
  const { algorithm, hex } = parseDigest(digest);
  return `${algorithm}-${hex.slice(0, MAX_ENCODED_LENGTH)}`;
}

/**
 * The tags that cosign gives to signatures, attestations and descriptions of a manifest, unless told to use referrers:
 * {@link https://github.com/sigstore/cosign/blob/v2.4.0/specs/SIGNATURE_SPEC.md#tag-based-discovery}.
 */
export function formatSignatureTags(digest: string): readonly string[] {
  const { algorithm, hex } = parseDigest(digest);
  return SIGNATURE_SUFFIXES.map((suffix) => `${algorithm}-${hex}${suffix}`).filter(isTag);
}

/** Is this the tag of a list of referrers, or one that cosign gives to what speaks of a manifest? */
export function isReferrersTag(tag: string): boolean {
  return /^sha(?:256|512)-[0-9a-f]{64,128}(?:\.(?:sig|att|sbom))?$/.test(tag);
}
