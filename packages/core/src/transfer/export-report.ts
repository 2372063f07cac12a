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
  /** What came from a registry in this run: blobs of which any part did, and the bytes that did. */
  readonly downloaded: BlobCount;
  /** The other blobs, and all other bytes: from the cache, the bundle that was there, and what an earlier run left. */
  readonly reused: BlobCount;
  readonly failed: readonly FailedImage[];
  /** False if the planned bundle was there: its layers were not read again. */
  readonly isWritten: boolean;
}

/** What came from registries. */
export interface Fetched {
  /** Digests of manifests and configs. */
  readonly metadata: ReadonlySet<string>;
  /** Bytes of layers, by their digest. @default none */
  readonly layers?: ReadonlyMap<string, number>;
}

/** The report of a bundle of these images that was written, or was there. */
export function reportBundle(
  bundle: ComposedBundle,
  { complete, failed }: SortedImages,
  fetched: Fetched,
  isWritten: boolean,
): ExportReport {
  const { blobs, images } = bundle.document;
  const all = countBlobs(blobs);
  const downloaded = countBlobs(
    blobs.flatMap(({ digest, size }) =>
      fetched.metadata.has(digest) ? [{ size }] : sizesOf(fetched.layers?.get(digest)),
    ),
  );
  return {
    bundle: bundle.id,
    size: bundle.size,
    images: images.length,
    referrers: countReferrers(complete),
    blobs: all,
    downloaded,
    reused: { count: all.count - downloaded.count, size: all.size - downloaded.size },
    failed,
    isWritten,
  };
}

function sizesOf(size: number | undefined): readonly { readonly size: number }[] {
  return size === undefined ? [] : [{ size }];
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
