import type { FailureText } from "../error.ts";

/** What became of one image; with its reason if it failed, and with a message alone if it was skipped. */
export interface ImportedImage extends Partial<FailureText> {
  readonly source: string;
  readonly target: string;
  readonly digest: string;
  /** `planned` is what a dry run would push; `skipped` is a tag that was to be left alone. */
  readonly status: "pushed" | "unchanged" | "planned" | "skipped" | "failed";
  /** What the tag stood for before, or still does, if that was something else. */
  readonly previousDigest?: string;
  readonly referrers: ImportedReferrers;
}

/** What became of the referrers of one image: counts, and each that failed. None of an image that failed itself. */
export interface ImportedReferrers {
  readonly pushed: number;
  readonly unchanged: number;
  /** What a dry run would push. */
  readonly planned: number;
  readonly failed: number;
  readonly failures: readonly FailedReferrer[];
  /** Present if the export could not find out whether there are more. */
  readonly unknown?: true;
}

/** A referrer that could not be pushed. */
export interface FailedReferrer extends FailureText {
  /** The manifest that it speaks of. */
  readonly subject: string;
  readonly digest: string;
  readonly tag?: string;
}

/** Counts blobs, once per repository that needed them. */
export interface BlobCounts {
  readonly uploaded: number;
  readonly mounted: number;
  readonly existing: number;
}

/** What became of an import. */
export interface ImportReport {
  /** Sorted by target. */
  readonly images: readonly ImportedImage[];
  readonly blobs: BlobCounts;
  /** Bytes of the blobs that were sent. */
  readonly uploadedSize: number;
}
