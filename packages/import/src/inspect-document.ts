import { countOf, formatSize, formatTable } from "@airgap-bundle/cli";
import {
  type BlobCount,
  type BundleImage,
  countBlobs,
  formatTarget,
  listContent,
  type OpenedBundle,
} from "@airgap-bundle/core";

/** What `bundle inspect --json` prints. Sizes are in bytes. */
export interface InspectDocument {
  readonly bundles: readonly {
    readonly id: string;
    readonly label?: string;
    readonly created?: string;
    readonly createdBy: string;
    readonly formatVersion: number;
    readonly signed: boolean;
  }[];
  readonly images: readonly (BundleImage & { readonly size: number })[];
  readonly blobs: BlobCount;
  readonly volumes: readonly { readonly number: number; readonly size: number; readonly present: boolean }[];
  readonly omitted: BlobCount;
}

/** A bundle's content as data. */
export function toInspectDocument({ id, document, manifests }: OpenedBundle): InspectDocument {
  const { label, created, createdBy, formatVersion, images, blobs, volumes } = document;
  const optional = {
    ...(label === undefined ? {} : { label }),
    ...(created === undefined ? {} : { created }),
  };
  return {
    bundles: [{ id, ...optional, createdBy, formatVersion, signed: false }],
    images: images.map((image) => ({
      ...image,
      size: countBlobs(listContent(image.descriptor, manifests).map(({ descriptor }) => descriptor)).size,
    })),
    blobs: countBlobs(blobs),
    volumes: volumes.map(({ number, size }) => ({ number, size, present: true })),
    omitted: countBlobs([]),
  };
}

/** The same for people: where each image comes from and goes to, and what it is. */
export function renderInspect({ bundles, images, blobs }: InspectDocument): string[] {
  const rows = images.map(({ source, target, descriptor, platforms, size, referrers, referrersUnknown }) => [
    source,
    `→ ${formatTarget(target, descriptor.digest)}`,
    platforms.join(", "),
    formatSize(size),
    descriptor.digest,
    describeReferrers(referrers.length, referrersUnknown === true),
  ]);
  const heads = bundles.flatMap(({ id, label, created, createdBy, formatVersion, signed }) => [
    `bundle ${id}`,
    ...(label === undefined ? [] : [`label ${label}`]),
    `format ${formatVersion}, made by ${createdBy}${created === undefined ? "" : ` at ${created}`}, ${signed ? "signed" : "not signed"}`,
  ]);
  return [
    ...heads,
    ...formatTable(rows, { alignRight: [3] }),
    `${countOf(images.length, "image")}, ${countOf(blobs.count, "blob")}, ${formatSize(blobs.size)}`,
  ];
}

function describeReferrers(count: number, isUnknown: boolean): string {
  if (count === 0) return isUnknown ? "referrers not known" : "";
  return `${countOf(count, "referrer")}${isUnknown ? ", perhaps more" : ""}`;
}
