import type { OpenedBundle } from "../bundle/open-bundle.ts";
import { type BundleError, isBundleError } from "../error.ts";
import { checkTarget, type TargetState } from "./check-target.ts";
import { isImageFailure } from "./failures.ts";
import { type BlobGroup, groupBlobs, listBlobs } from "./group-blobs.ts";
import type { ImportOptions } from "./import-options.ts";
import type { BlobCounts } from "./import-report.ts";
import type { ImportTarget, PlannedImport } from "./plan-import.ts";
import { pushBlob } from "./push-blob.ts";
import { pushManifests } from "./push-manifests.ts";
import type { PushStops } from "./push-stops.ts";
import { workOff } from "./work-off.ts";

/** How images are pushed. */
export interface PushOptions extends ImportOptions {
  /** Where nothing more goes; more comes up on the way. */
  readonly stops: PushStops;
}

/** What was pushed. */
export interface PushReport {
  readonly blobs: BlobCounts;
  /** Bytes of the blobs that were sent. */
  readonly uploadedSize: number;
  readonly failures: ReadonlyMap<PlannedImport, BundleError>;
  /** Images whose tag stood for something else by the time it was to be set, and that were asked to be left then. */
  readonly overtaken: ReadonlyMap<PlannedImport, TargetState>;
}

/**
 * Pushes images: every blob is sent once to a registry and mounted from there into its other repositories; as soon as
 * all blobs of an image have arrived its manifests follow.
 *
 * @throws what concerns more than one image
 */
export async function pushImages(
  bundle: OpenedBundle,
  imports: readonly PlannedImport[],
  options: PushOptions,
): Promise<PushReport> {
  const { jobs, onEvent, signal } = options;
  const groups = groupBlobs(bundle, imports);
  const push = createPush(bundle, imports, options);
  const size = groups.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
  onEvent?.({ kind: "phase", phase: "upload", total: groups.length, size });
  const concurrent = { concurrency: jobs, ...(signal === undefined ? {} : { signal }) };
  // An index without entries waits for no blob.
  const withoutBlobs = imports.filter((planned) => listBlobs(bundle, planned).length === 0);
  const jobsToDo: readonly PushJob[] = [...groups.map((group) => ({ group })), ...withoutBlobs.map(toJob)];
  await workOff<PushJob>(
    jobsToDo,
    async (job, jobSignal) => {
      if ("group" in job) return (await push.pushGroup(job.group, jobSignal)).map(toJob);
      await push.finishImage(job.planned, jobSignal);
      return [];
    },
    concurrent,
  );
  return push.report();
}

/** Bring a blob everywhere, or push the manifests of an image whose blobs are there. */
type PushJob = { readonly group: BlobGroup } | { readonly planned: PlannedImport };

function toJob(planned: PlannedImport): PushJob {
  return { planned };
}

interface Push {
  /** Brings a blob everywhere; resolves to the images for which it was the last one. */
  pushGroup(group: BlobGroup, signal: AbortSignal): Promise<readonly PlannedImport[]>;
  /** Pushes the manifests of an image that waits for no blob. */
  finishImage(planned: PlannedImport, signal: AbortSignal): Promise<void>;
  report(): PushReport;
}

/** The state of a push: which images still wait for blobs, what failed, what was counted. */
function createPush(bundle: OpenedBundle, imports: readonly PlannedImport[], options: PushOptions): Push {
  const { openRepository, stops, onEvent, onExistingTag = "overwrite" } = options;
  const waiting = new Map(imports.map((planned) => [planned, listBlobs(bundle, planned).length]));
  const failures = new Map<PlannedImport, BundleError>();
  const overtaken = new Map<PlannedImport, TargetState>();
  const blobs = { uploaded: 0, mounted: 0, existing: 0 };
  let uploadedSize = 0;

  /** Does the work of images of one repository, unless that takes nothing more. */
  const guard = async (
    target: ImportTarget,
    concerned: readonly PlannedImport[],
    work: () => Promise<void>,
  ): Promise<boolean> => {
    try {
      const stopped = stops.find(target);
      if (stopped !== undefined) throw stopped;
      await work();
      return true;
    } catch (error) {
      if (!isImageFailure(error)) throw error;
      stops.note(target, error);
      for (const planned of concerned) failures.set(planned, error);
      return false;
    }
  };

  /** Tags that are not to be moved are looked at again: hours may have passed. */
  const isOvertaken = async (planned: PlannedImport, signal: AbortSignal): Promise<boolean> => {
    if (onExistingTag === "overwrite" || planned.target.tag === null) return false;
    const state = await checkTarget(bundle, planned, { ...options, signal });
    if (state.kind === "changed") return false;
    overtaken.set(planned, state);
    return true;
  };

  const finishImage = async (planned: PlannedImport, signal: AbortSignal): Promise<void> => {
    if (failures.has(planned) || (await isOvertaken(planned, signal))) return;
    const { image, target } = planned;
    const root = { descriptor: image.descriptor, tag: target.tag };
    await guard(
      target,
      [planned],
      async () => await pushManifests(bundle, root, openRepository(planned), { signal }),
    );
  };

  const isReady = (planned: PlannedImport): boolean => {
    const left = (waiting.get(planned) ?? 0) - 1;
    waiting.set(planned, left);
    return left === 0;
  };

  return {
    finishImage,
    async pushGroup({ registry, descriptor, members }, signal) {
      const { digest, size } = descriptor;
      let holder: string | undefined;
      let damage: BundleError | undefined;
      onEvent?.({ kind: "blob-start", digest, size, title: members[0]?.repository ?? registry });
      for (const { repository, imports: concerned } of members) {
        // Nothing is sent for images that have failed already.
        const waitingImage = concerned.find((planned) => !failures.has(planned));
        if (waitingImage === undefined) continue;
        const hasArrived = await guard(waitingImage.target, concerned, async () => {
          // Content that is wrong for one repository is wrong for all.
          if (damage !== undefined) throw damage;
          const destination = { repository: openRepository(waitingImage), holder };
          const arrival = await pushBlob(bundle, descriptor, destination, { ...options, signal });
          blobs[arrival] += 1;
          if (arrival === "uploaded") uploadedSize += size;
        });
        if (hasArrived) holder = repository;
        const failure = failures.get(waitingImage);
        if (isBundleError(failure, "DIGEST_INVALID")) damage = failure;
      }
      onEvent?.({ kind: "blob-end", digest, ok: holder !== undefined });
      return members.flatMap((member) => member.imports).filter(isReady);
    },
    report: () => ({ blobs, uploadedSize, failures, overtaken }),
  };
}
