import type { OpenedBundle } from "../bundle/open-bundle.ts";
import { type BundleError, describeFailure } from "../error.ts";
import { mapConcurrent } from "../map-concurrent.ts";
import { checkAccess } from "./check-access.ts";
import { checkTarget, type TargetState } from "./check-target.ts";
import type { ImportOptions } from "./import-options.ts";
import type { BlobCounts, ImportedImage, ImportedReferrers, ImportReport } from "./import-report.ts";
import type { PlannedImport } from "./plan-import.ts";
import { type PushOptions, pushImages } from "./push-images.ts";
import { pushReferrers } from "./push-referrers.ts";
import { createPushStops } from "./push-stops.ts";

const NO_REFERRERS: ImportedReferrers = { pushed: 0, unchanged: 0, planned: 0, failed: 0, failures: [] };

/**
 * Pushes images of a bundle. One HEAD tells that an image is there already; whether the repositories of the others may be
 * written is found out before anything is sent. An image's tag appears when all of it has arrived, and what speaks of it
 * follows. What fails stops no other image.
 *
 * @throws what concerns more than one image: `FILE_FAILED`, the abort reason of `signal`
 */
export async function importBundle(
  bundle: OpenedBundle,
  imports: readonly PlannedImport[],
  options: ImportOptions,
): Promise<ImportReport> {
  const { isDryRun = false } = options;
  const push = { ...options, stops: createPushStops() };
  const found = await checkTargets(bundle, imports, options);
  const changed = imports.filter((planned) => found.get(planned)?.kind === "changed");
  await checkAccess(changed, push);
  const refused = findRefused(changed, push);
  const writable = changed.filter((planned) => !refused.has(planned));
  if (!isDryRun && writable.length > 0) tellRefused(refused, options);
  const pushed = await pushImages(bundle, isDryRun ? [] : writable, push);
  const states = new Map([...found, ...pushed.overtaken]);
  const failures = new Map([...refused, ...pushed.failures]);
  const arrived = imports.filter((planned) => isThere(states.get(planned)) && !failures.has(planned));
  const spoken = await pushReferrers(bundle, arrived, push);
  return {
    images: imports.map((planned) => ({
      ...toImportedImage(planned, states.get(planned), failures.get(planned), isDryRun),
      referrers: { ...(spoken.referrers.get(planned) ?? NO_REFERRERS), ...unknownOf(planned) },
    })),
    blobs: addCounts(pushed.blobs, spoken.blobs),
    uploadedSize: pushed.uploadedSize + spoken.uploadedSize,
  };
}

/** The images whose repositories may not be written. */
function findRefused(
  imports: readonly PlannedImport[],
  { stops }: PushOptions,
): Map<PlannedImport, BundleError> {
  return new Map(
    imports.flatMap((planned) => {
      const error = stops.find(planned.target);
      return error === undefined ? [] : [[planned, error] as const];
    }),
  );
}

/** Says what is left out before hours are spent on the rest. */
function tellRefused(refused: ReadonlyMap<PlannedImport, BundleError>, { onEvent }: ImportOptions): void {
  for (const [{ code, message }, errors] of Map.groupBy(refused.values(), (error) => error))
    onEvent?.({ kind: "warning", code, message: `${message}; images left out: ${errors.length}` });
}

/** Is the image at its target now, or would it be after a dry run? */
function isThere(state: TargetState | undefined): boolean {
  return state?.kind === "changed" || state?.kind === "unchanged";
}

function unknownOf({ image }: PlannedImport): Pick<ImportedReferrers, "unknown"> {
  return image.referrersUnknown === undefined ? {} : { unknown: true };
}

function addCounts(a: BlobCounts, b: BlobCounts): BlobCounts {
  return {
    uploaded: a.uploaded + b.uploaded,
    mounted: a.mounted + b.mounted,
    existing: a.existing + b.existing,
  };
}

async function checkTargets(
  bundle: OpenedBundle,
  imports: readonly PlannedImport[],
  options: ImportOptions,
): Promise<ReadonlyMap<PlannedImport, TargetState>> {
  const { jobs, onEvent, signal } = options;
  onEvent?.({ kind: "phase", phase: "check", total: imports.length });
  const states = await mapConcurrent(
    imports,
    async (planned, jobSignal): Promise<[PlannedImport, TargetState]> => {
      const state = await checkTarget(bundle, planned, { ...options, signal: jobSignal });
      onEvent?.({ kind: "step", phase: "check" });
      return [planned, state];
    },
    { concurrency: jobs, ...(signal === undefined ? {} : { signal }) },
  );
  return new Map(states);
}

function toImportedImage(
  { image, name }: PlannedImport,
  state: TargetState | undefined,
  failure: BundleError | undefined,
  isDryRun: boolean,
): Omit<ImportedImage, "referrers"> {
  const about = { source: image.source, target: name, digest: image.descriptor.digest };
  const previousDigest = state?.kind === "unchanged" ? undefined : state?.previousDigest;
  const moved = { ...about, ...(previousDigest === undefined ? {} : { previousDigest }) };
  const error = state?.kind === "failed" ? state.error : failure;
  if (error !== undefined) return { ...moved, status: "failed", ...describeFailure(error) };
  if (state === undefined || state.kind === "unchanged") return { ...about, status: "unchanged" };
  if (state.kind === "skipped")
    return { ...moved, status: "skipped", message: `The tag stands for ${state.previousDigest}` };
  return { ...moved, status: isDryRun ? "planned" : "pushed" };
}
