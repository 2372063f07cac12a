import { BundleError } from "../error.ts";
import { formatReference } from "../reference.ts";
import type { ReferrerMap } from "./find-referrers.ts";
import { listManifests, type ManifestGraph } from "./manifest-graph.ts";
import {
  type CarriedReferrer,
  MAX_REFERRERS,
  type PlannedImage,
  type PlanWarning,
  type ReferrerFailure,
  toReferrerFailure,
} from "./plan.ts";
import { type SubjectReferrers, subjectKey } from "./read-referrers.ts";

/** Gives an image what was found to speak of it: a referrer comes behind its subject, and in the order of their digests. */
export function attachReferrers(
  image: PlannedImage,
  found: ReferrerMap,
  manifests: ManifestGraph,
): PlannedImage {
  const seen = new Set(listManifests(image.descriptor, manifests).map(({ digest }) => digest));
  const referrers: CarriedReferrer[] = [];
  const failures: ReferrerFailure[] = [
    ...(isPartial(image) ? askedOf(image, image.resolved, found).failures : []),
  ];
  // It grows while it is gone through: referrers are subjects too.
  for (const subject of seen) {
    const known = askedOf(image, subject, found);
    failures.push(...known.failures);
    for (const { descriptor, tag } of known.referrers) {
      // An attestation in the index speaks of the manifest beside it, and is carried with it.
      if (tag === undefined && seen.has(descriptor.digest)) continue;
      referrers.push({ subject, descriptor, ...(tag === undefined ? {} : { tag }) });
      for (const { digest } of listManifests(descriptor, manifests)) seen.add(digest);
    }
  }
  if (referrers.length > MAX_REFERRERS) failures.push(toReferrerFailure(image.resolved, tooMany(image)));
  return {
    ...image,
    referrers: referrers.slice(0, MAX_REFERRERS),
    referrerStatus: failures.length > 0 ? "unknown" : referrers.length > 0 ? "found" : "none",
    referrerFailures: failures,
  };
}

/** Says that signatures of whole indexes stay behind where only a part of the index is carried; nothing if there are none. */
export function warnOfPartialIndexes(
  images: readonly PlannedImage[],
  found: ReferrerMap,
): readonly PlanWarning[] {
  const { length } = images.filter(
    (image) => isPartial(image) && askedOf(image, image.resolved, found).referrers.length > 0,
  );
  if (length === 0) return [];
  const message = `${length === 1 ? "One image" : `${length} images`} may have signatures of the whole index, of which a part is carried: they stay behind; choose platform all to carry them`;
  return [{ code: "INDEX_REFERRERS", message }];
}

/** Says of which images it is not known what speaks of them: each reason once. */
export function warnOfUnknownReferrers(images: readonly PlannedImage[]): readonly PlanWarning[] {
  const reasons = new Map<string, PlannedImage[]>();
  for (const image of images) {
    for (const message of new Set(image.referrerFailures.map((failure) => failure.message))) {
      const concerned = reasons.get(message);
      if (concerned === undefined) reasons.set(message, [image]);
      else concerned.push(image);
    }
  }
  return [...reasons].map(([reason, concerned]) => ({
    code: "REFERRERS_UNKNOWN",
    message: `Signatures of ${nameImages(concerned)} may be missing: ${reason}`,
  }));
}

/** Is something else carried than what the reference stands for? Then nothing that speaks of that holds for it. */
function isPartial({ resolved, descriptor }: PlannedImage): boolean {
  return resolved !== descriptor.digest;
}

function askedOf({ source }: PlannedImage, subject: string, found: ReferrerMap): SubjectReferrers {
  return found.get(subjectKey(source, subject)) ?? { referrers: [], failures: [] };
}

function nameImages([first, ...others]: readonly PlannedImage[]): string {
  const name = first === undefined ? "" : formatReference(first.source);
  if (others.length === 0) return name;
  return `${name} and ${others.length === 1 ? "one other image" : `${others.length} other images`}`;
}

function tooMany({ source }: PlannedImage): BundleError {
  return new BundleError(
    "SIZE_INVALID",
    `Cannot take all referrers of ${formatReference(source)}: it has more than ${MAX_REFERRERS}`,
  );
}
