import type { ComposedBundle } from "../bundle/compose-bundle.ts";
import type { FailedImage, PlannedImage, ReferrerFailure } from "../plan/plan.ts";
import { formatReference } from "../reference.ts";
import type { SortedImages } from "./failures.ts";

/** Counts blobs; `size` is in bytes. */
export interface BlobCount {
  readonly count: number;
  readonly size: number;
}

/** Counts signatures and other referrers, and tells where some may be missing. */
export interface ReferrerCount {
  /** Carried: what belongs to several images is counted for each. */
  readonly count: number;
  /** Images that have any. */
  readonly images: number;
  /** One with a digest was found and cannot be had; one without is a question that found no answer. */
  readonly failed: readonly (ReferrerFailure & { readonly source: string })[];
}

/** What became of an export. */
export interface ExportReport {
  /** Digest of `bundle.json`; null if no image could be had, and so nothing was written. */
  readonly bundle: string | null;
  /** Of the volume, in bytes. */
  readonly size: number;
  readonly images: number;
  readonly referrers: ReferrerCount;
  readonly blobs: BlobCount;
  /** Fetched from a registry by this run. */
  readonly downloaded: BlobCount;
  /** Taken from the cache or from the bundle that was there. */
  readonly reused: BlobCount;
  readonly failed: readonly FailedImage[];
  /** False if the planned bundle was there: its layers were not read again. */
  readonly isWritten: boolean;
}

/**
 * The report of a bundle of these images that was written, or was there: `fetched` are the digests that came from a
 * registry.
 */
export function reportBundle(
  bundle: ComposedBundle,
  { complete, failed }: SortedImages,
  fetched: ReadonlySet<string>,
  isWritten: boolean,
): ExportReport {
  const { blobs, images } = bundle.document;
  return {
    bundle: bundle.id,
    size: bundle.size,
    images: images.length,
    referrers: countReferrers(complete),
    blobs: countBlobs(blobs),
    downloaded: countBlobs(blobs.filter(({ digest }) => fetched.has(digest))),
    reused: countBlobs(blobs.filter(({ digest }) => !fetched.has(digest))),
    failed,
    isWritten,
  };
}

/** The report of an export in which every image failed. */
export function reportNothing(failed: readonly FailedImage[]): ExportReport {
  const none = countBlobs([]);
  return {
    bundle: null,
    size: 0,
    images: 0,
    referrers: countReferrers([]),
    blobs: none,
    downloaded: none,
    reused: none,
    failed,
    isWritten: false,
  };
}

function countReferrers(images: readonly PlannedImage[]): ReferrerCount {
  return {
    count: images.reduce((sum, { referrers }) => sum + referrers.length, 0),
    images: images.filter(({ referrers }) => referrers.length > 0).length,
    failed: images.flatMap(({ source, referrerFailures }) =>
      referrerFailures.map((failure) => ({ source: formatReference(source), ...failure })),
    ),
  };
}

/** How many, and how many bytes together. */
export function countBlobs(blobs: readonly { readonly size: number }[]): BlobCount {
  return { count: blobs.length, size: blobs.reduce((sum, { size }) => sum + size, 0) };
}
