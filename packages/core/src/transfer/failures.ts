import type { Descriptor } from "../descriptor.ts";
import { type BundleError, isBundleError } from "../error.ts";
import type { EventSink } from "../events.ts";
import { isForAll } from "../is-for-all.ts";
import { warnOfUnknownReferrers } from "../plan/attach-referrers.ts";
import { listContent, type ManifestGraph } from "../plan/manifest-graph.ts";
import {
  type CarriedReferrer,
  type FailedImage,
  formatTarget,
  type PlannedImage,
  type ReferrerFailure,
  toFailedImage,
  toReferrerFailure,
} from "../plan/plan.ts";
import { formatReference } from "../reference.ts";

/** Does this error concern one image only? Anything unknown does not. */
export function isImageFailure(error: unknown): error is BundleError {
  return isBundleError(error) && !isForAll(error);
}

/** Images that can be had, and those that need a blob that cannot. */
export interface SortedImages {
  readonly complete: readonly PlannedImage[];
  readonly failed: readonly FailedImage[];
}

/** Takes out the images that need one of these blobs; of the others the referrers that do, with what speaks of them. */
export function takeOut(
  images: readonly PlannedImage[],
  manifests: ManifestGraph,
  failures: ReadonlyMap<string, BundleError>,
): SortedImages {
  const complete: PlannedImage[] = [];
  const failed: FailedImage[] = [];
  for (const image of images) {
    const error = findFailure(image.descriptor, manifests, failures);
    if (error === undefined) complete.push(withoutLostReferrers(image, manifests, failures));
    else
      failed.push(
        toFailedImage(
          formatReference(image.source),
          formatTarget(image.target, image.descriptor.digest),
          error,
        ),
      );
  }
  return { complete, failed };
}

/** Tells what {@link takeOut} took away from images that stay. */
export function tellLostReferrers(
  before: readonly PlannedImage[],
  after: readonly PlannedImage[],
  onEvent: EventSink | undefined,
): void {
  const unchanged = new Set(before);
  const changed = after.filter((image) => !unchanged.has(image));
  for (const warning of warnOfUnknownReferrers(changed)) onEvent?.({ kind: "warning", ...warning });
}

function withoutLostReferrers(
  image: PlannedImage,
  manifests: ManifestGraph,
  failures: ReadonlyMap<string, BundleError>,
): PlannedImage {
  const referrers: CarriedReferrer[] = [];
  const referrerFailures: ReferrerFailure[] = [];
  const lost = new Map<string, BundleError>();
  for (const referrer of image.referrers) {
    const { subject, descriptor } = referrer;
    const error = lost.get(subject) ?? findFailure(descriptor, manifests, failures);
    if (error === undefined) {
      referrers.push(referrer);
      continue;
    }
    for (const part of listContent(descriptor, manifests)) lost.set(part.descriptor.digest, error);
    referrerFailures.push(toReferrerFailure(subject, error, descriptor.digest));
  }
  if (referrerFailures.length === 0) return image;
  return {
    ...image,
    referrers,
    referrerStatus: "unknown",
    referrerFailures: [...image.referrerFailures, ...referrerFailures],
  };
}

function findFailure(
  root: Descriptor,
  manifests: ManifestGraph,
  failures: ReadonlyMap<string, BundleError>,
): BundleError | undefined {
  if (failures.size === 0) return undefined;
  return listContent(root, manifests)
    .map(({ descriptor }) => failures.get(descriptor.digest))
    .find((error) => error !== undefined);
}
