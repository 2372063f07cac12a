import { countOf, formatDuration, formatSize, type RenderOptions, renderFailures } from "@airgap-bundle/cli";
import type { BlobCount, ErrorCode, ExportReport, FailedImage, ReferrerCount } from "@airgap-bundle/core";
import { toFailures } from "./plan-document.ts";

/** What `bundle export --json` prints. Sizes are in bytes. */
export interface ExportDocument {
  /** Digest of `bundle.json`; null if no image could be had and nothing was written. */
  readonly bundle: string | null;
  readonly volumes: readonly { readonly path: string; readonly size: number }[];
  /** File in which what has arrived of images that failed waits for the next run; absent if nothing does. */
  readonly partial?: string;
  readonly images: number;
  readonly referrers: ReferrerCount;
  readonly blobs: BlobCount;
  readonly downloaded: BlobCount;
  readonly reused: BlobCount;
  readonly requests: {
    readonly headManifest: number;
    readonly getManifest: number;
    readonly getBlob: number;
    readonly listTags: number;
    readonly listRepositories: number;
    readonly listReferrers: number;
  };
  readonly failed: readonly FailedImage[];
  readonly durationMs: number;
  /** Was a file written? The planned bundle that was there is left as it is. */
  readonly written: boolean;
}

/** The result of an export as data. */
export function toExportDocument(
  report: ExportReport,
  path: string,
  about: Pick<ExportDocument, "requests" | "durationMs" | "partial">,
): ExportDocument {
  const { bundle, size, images, referrers, blobs, downloaded, reused, failed } = report;
  const { headManifest, getManifest, getBlob, listTags, listRepositories, listReferrers } = about.requests;
  return {
    bundle,
    volumes: bundle === null ? [] : [{ path, size }],
    ...(about.partial === undefined ? {} : { partial: about.partial }),
    images,
    referrers,
    blobs,
    downloaded,
    reused,
    requests: { headManifest, getManifest, getBlob, listTags, listRepositories, listReferrers },
    failed,
    durationMs: about.durationMs,
    written: report.isWritten,
  };
}

/** What makes the export less than it should be: images that failed, and referrers that are known of and not carried. */
export function failureCodes({ failed, referrers }: ExportDocument): readonly ErrorCode[] {
  const lost = referrers.failed.filter(({ digest }) => digest !== undefined);
  return [...failed, ...lost].map(({ code }) => code);
}

/** The same for people. */
export function renderExport(document: ExportDocument, options: RenderOptions = {}): string[] {
  const { bundle, volumes, images, referrers, downloaded, reused, durationMs } = document;
  const [volume] = volumes;
  if (bundle === null || volume === undefined)
    return ["There is no bundle: no image could be had", ...renderRest(document, options)];
  return [
    `${volume.path === "-" ? "stdout" : volume.path}: ${countOf(images, "image")}, ${formatSize(volume.size)} in ${formatDuration(durationMs)}`,
    `${formatSize(downloaded.size)} downloaded (${countOf(downloaded.count, "blob")}), ${formatSize(reused.size)} reused (${countOf(reused.count, "blob")})`,
    ...(referrers.count === 0
      ? []
      : [
          `${countOf(referrers.count, "referrer")} (signatures and the like) of ${countOf(referrers.images, "image")}`,
        ]),
    `bundle ${bundle}`,
    ...(document.written
      ? []
      : [`It was there already; its layers were not read again: bundle verify ${volume.path} does that`]),
    ...renderRest(document, options),
  ];
}

/** What did not come, and where it goes on. */
function renderRest({ partial, failed }: ExportDocument, options: RenderOptions): string[] {
  return [
    ...(partial === undefined
      ? []
      : [`What has arrived of the rest is kept in ${partial}: run the same command again, and it goes on`]),
    ...renderFailures(toFailures(failed), options),
  ];
}
