import {
  countOf,
  type Failure,
  formatDuration,
  formatSize,
  formatTable,
  type RenderOptions,
  renderFailures,
} from "@airgap-bundle/cli";
import type { ErrorCode, ImportedImage, ImportReport, OpenedBundle } from "@airgap-bundle/core";
import { renderMovedTags } from "./render-moved-tags.ts";

/** What `bundle import --json` prints. Sizes are in bytes. */
export interface ImportDocument {
  readonly bundles: readonly {
    readonly id: string;
    readonly label?: string;
    readonly volumes: { readonly present: readonly number[]; readonly missing: readonly number[] };
  }[];
  readonly images: readonly ImportedImage[];
  readonly blobs: ImportReport["blobs"];
  readonly uploadedSize: number;
  readonly requests: {
    readonly headManifest: number;
    readonly putManifest: number;
    readonly headBlob: number;
    readonly postUpload: number;
    readonly patchBlob: number;
    readonly putBlob: number;
    readonly getManifest: number;
    readonly listReferrers: number;
  };
  readonly durationMs: number;
}

/** The result of an import as data. */
export function toImportDocument(
  { id, document }: OpenedBundle,
  report: ImportReport,
  about: Pick<ImportDocument, "requests" | "durationMs">,
): ImportDocument {
  const { headManifest, putManifest, headBlob, postUpload, patchBlob, putBlob } = about.requests;
  const { getManifest, listReferrers } = about.requests;
  const { label } = document;
  return {
    bundles: [{ id, ...(label === undefined ? {} : { label }), volumes: { present: [1], missing: [] } }],
    images: report.images,
    blobs: report.blobs,
    uploadedSize: report.uploadedSize,
    requests: {
      headManifest,
      putManifest,
      headBlob,
      postUpload,
      patchBlob,
      putBlob,
      getManifest,
      listReferrers,
    },
    durationMs: about.durationMs,
  };
}

/** Why not all of it arrived. */
export function failureCodes({ images }: ImportDocument): readonly ErrorCode[] {
  return images.flatMap(({ code, referrers }) => [
    ...(code === undefined ? [] : [code]),
    ...referrers.failures.map((failure) => failure.code),
  ]);
}

/** The same for people: the images, what went over the line, and what failed with what to do. */
export function renderImport(
  { images, blobs, uploadedSize, durationMs }: ImportDocument,
  options: RenderOptions & { readonly isDryRun: boolean },
): string[] {
  // What failed is told below, with the reason.
  const rows = images
    .filter(({ status }) => status !== "failed")
    .map(({ status, target }) => [status, target]);
  const { uploaded, mounted, existing } = blobs;
  return [
    ...formatTable(rows),
    `${summarize(images)} in ${formatDuration(durationMs)}`,
    options.isDryRun
      ? "Nothing was pushed: this was a dry run"
      : `${formatSize(uploadedSize)} sent: ${countOf(uploaded, "blob")} uploaded, ${mounted} mounted, ${existing} there already`,
    ...renderMovedTags(images, options),
    ...renderReferrers(images),
    ...renderFailures(listFailures(images), options),
  ];
}

/** One line for the signatures of all images, and one if there may be more; none if no image has any. */
function renderReferrers(images: readonly ImportedImage[]): string[] {
  const counts = (["pushed", "planned", "unchanged", "failed"] as const)
    .map((kind) => ({ kind, count: images.reduce((sum, { referrers }) => sum + referrers[kind], 0) }))
    .filter(({ count }) => count > 0);
  const unknown = images.filter(({ referrers }) => referrers.unknown === true).length;
  return [
    ...(counts.length === 0
      ? []
      : [
          `Referrers (signatures and the like): ${counts.map(({ kind, count }) => `${count} ${kind}`).join(", ")}`,
        ]),
    ...(unknown === 0
      ? []
      : [
          `Of ${countOf(unknown, "image")} it is not known whether there are more referrers (signatures and the like) at the source: the export did not look, or got no answer`,
        ]),
  ];
}

function summarize(images: readonly ImportedImage[]): string {
  const counts = (["pushed", "planned", "unchanged", "skipped", "failed"] as const)
    .map((status) => ({ status, count: images.filter((image) => image.status === status).length }))
    .filter(({ count }) => count > 0);
  if (counts.length === 0) return "0 images";
  return counts.map(({ status, count }) => `${count} ${status}`).join(", ");
}

function listFailures(images: readonly ImportedImage[]): readonly Failure[] {
  return images.flatMap(({ status, target, message = "", hint = "", details, referrers }) => [
    ...(status === "failed" ? [{ name: target, message, hint, details }] : []),
    ...referrers.failures.map((failure) => ({
      ...failure,
      name: `${target}: referrer ${failure.tag ?? failure.digest}`,
    })),
  ]);
}
