import type { ComposedBundle } from "../bundle/compose-bundle.ts";
import type { FailedImage } from "../plan/plan.ts";

/** Counts blobs; `size` is in bytes. */
export interface BlobCount {
  readonly count: number;
  readonly size: number;
}

/** What became of an export. */
export interface ExportReport {
  /** Digest of `bundle.json`; null if no image could be had, and so nothing was written. */
  readonly bundle: string | null;
  /** Of the volume, in bytes. */
  readonly size: number;
  readonly images: number;
  readonly blobs: BlobCount;
  /** Fetched from a registry by this run. */
  readonly downloaded: BlobCount;
  /** Taken from the cache or from the bundle that was there. */
  readonly reused: BlobCount;
  readonly failed: readonly FailedImage[];
  /** False if the planned bundle was there: its layers were not read again. */
  readonly isWritten: boolean;
}

/** The report of a bundle that was written, or was there: `fetched` are the digests that came from a registry. */
export function reportBundle(
  bundle: ComposedBundle,
  failed: readonly FailedImage[],
  fetched: ReadonlySet<string>,
  isWritten: boolean,
): ExportReport {
  const { blobs, images } = bundle.document;
  return {
    bundle: bundle.id,
    size: bundle.size,
    images: images.length,
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
    blobs: none,
    downloaded: none,
    reused: none,
    failed,
    isWritten: false,
  };
}

/** How many, and how many bytes together. */
export function countBlobs(blobs: readonly { readonly size: number }[]): BlobCount {
  return { count: blobs.length, size: blobs.reduce((sum, { size }) => sum + size, 0) };
}
