import {
  countOf,
  type Failure,
  formatDuration,
  formatSize,
  formatTable,
  type RenderOptions,
  renderFailures,
} from "@airgap-bundle/cli";
import {
  type BlobCount,
  type BundleHeading,
  type CarriedImage,
  composeBundle,
  countBlobs,
  type FailedImage,
  formatReference,
  formatTarget,
  listContent,
  type Plan,
  type PlanWarning,
  type Pulls,
  type ReferrerStatus,
} from "@airgap-bundle/core";

/** What `bundle plan --json` prints, and a saved plan holds. Sizes are in bytes. */
export interface PlanDocument {
  readonly images: readonly PlanImage[];
  readonly blobs: BlobCount;
  /** What a delta leaves out. */
  readonly omitted: BlobCount;
  readonly volumes: readonly { readonly number: number; readonly size: number }[];
  readonly pulls: readonly Pulls[];
  readonly failed: readonly FailedImage[];
  readonly warnings: readonly PlanWarning[];
}

interface PlanImage extends Omit<CarriedImage, "referrers"> {
  readonly source: string;
  /** What is known of its signatures and other referrers. */
  readonly referrers: ReferrerStatus;
  /** How many of them are carried. */
  readonly referrerCount: number;
  /** All that the image is made of; what it shares with others is counted for each. */
  readonly size: number;
}

/** A plan as data. */
export function toPlanDocument(plan: Plan, heading: BundleHeading): PlanDocument {
  const bundle = plan.images.length === 0 ? undefined : composeBundle(plan.images, plan.manifests, heading);
  return {
    images: plan.images.map((image) => ({
      source: formatReference(image.source),
      target: image.target,
      resolved: image.resolved,
      descriptor: image.descriptor,
      platforms: image.platforms,
      task: image.task,
      selectedBy: image.selectedBy,
      referrers: image.referrerStatus,
      referrerCount: image.referrers.length,
      size: countBlobs(listContent(image.descriptor, plan.manifests).map(({ descriptor }) => descriptor))
        .size,
    })),
    blobs: countBlobs(bundle?.document.blobs ?? []),
    omitted: countBlobs([]),
    volumes: bundle === undefined ? [] : [{ number: 1, size: bundle.size }],
    pulls: plan.pulls,
    failed: plan.failed,
    warnings: plan.warnings,
  };
}

/** The same for people. */
export function renderPlan(
  { images, blobs, volumes, pulls, failed }: PlanDocument,
  options: RenderOptions = {},
): string[] {
  const rows = images.map(({ source, target, descriptor, platforms, size }) => [
    source,
    `→ ${formatTarget(target, descriptor.digest)}`,
    platforms.join(", "),
    formatSize(size),
  ]);
  const size = volumes.reduce((sum, volume) => sum + volume.size, 0);
  return [
    ...formatTable(rows, { alignRight: [3] }),
    `${countOf(images.length, "image")}, ${countOf(blobs.count, "blob")}, ${formatSize(size)} to carry`,
    ...renderReferrers(images),
    ...pulls.map(renderPulls),
    ...renderFailures(toFailures(failed), options),
  ];
}

/** How many images have signatures or other referrers, and of how many that is not known. */
function renderReferrers(images: readonly PlanImage[]): string[] {
  if (images.every(({ referrers }) => referrers === "off"))
    return images.length === 0 ? [] : ["Signatures were not looked for"];
  const signed = images.filter(({ referrerCount }) => referrerCount > 0).length;
  const count = images.reduce((sum, { referrerCount }) => sum + referrerCount, 0);
  const unknown = images.filter(({ referrers }) => referrers === "unknown").length;
  if (count === 0 && unknown === 0) return ["None of them with referrers (signatures and the like)"];
  const known = `${signed} of them with referrers (${count} in all)`;
  return [unknown === 0 ? known : `${known}; of ${unknown} it is not known`];
}

/** What could not be had, as it is shown. */
export function toFailures(failed: readonly FailedImage[]): readonly Failure[] {
  return failed.map(({ source, message, hint, details }) => ({ name: source, message, hint, details }));
}

function renderPulls(pulls: Pulls): string {
  const { registry, needed, remaining, limit } = pulls;
  const granted =
    remaining === undefined
      ? "it names no limit"
      : `${remaining}${limit === undefined ? "" : ` of ${limit}`} left${renderWindow(pulls)}`;
  return `${registry}: ${countOf(needed, "pull")} needed, ${granted}`;
}

/** Docker Hub tells only how long its window is, not when it began. */
function renderWindow({ windowSeconds, resetSeconds }: Pulls): string {
  if (resetSeconds !== undefined) return `; the window ends in ${formatDuration(resetSeconds * 1000)}`;
  if (windowSeconds === undefined) return "";
  return `; the window ends in ${formatDuration(windowSeconds * 1000)} at the latest`;
}
