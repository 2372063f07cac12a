import type { OpenedBundle } from "../bundle/open-bundle.ts";
import { type BundleError, describeFailure } from "../error.ts";
import { mapConcurrent } from "../map-concurrent.ts";
import { listContent } from "../plan/manifest-graph.ts";
import type { CarriedReferrer } from "../plan/plan.ts";
import type { AbortOptions, Repository } from "../repository.ts";
import { checkReferrer, listStoredReferrers, type StoredReferrers } from "./check-referrer.ts";
import { isImageFailure } from "./failures.ts";
import type { BlobCounts, ImportedReferrers } from "./import-report.ts";
import type { PlannedImport } from "./plan-import.ts";
import { pushBlob } from "./push-blob.ts";
import type { PushOptions } from "./push-images.ts";
import { pushManifests } from "./push-manifests.ts";

/** What became of the referrers of each image, and what was sent for them. */
export interface ReferrerPushReport {
  readonly referrers: ReadonlyMap<PlannedImport, ImportedReferrers>;
  readonly blobs: BlobCounts;
  /** Bytes of the blobs that were sent. */
  readonly uploadedSize: number;
}

type Outcome =
  | { readonly kind: "pushed" | "unchanged" | "planned" }
  | { readonly kind: "failed"; readonly error: BundleError };

/**
 * Pushes what speaks of images that are in the registry by now, each referrer after its subject. What fails fails alone.
 *
 * @throws what concerns more than one image
 */
export async function pushReferrers(
  bundle: OpenedBundle,
  imports: readonly PlannedImport[],
  options: PushOptions,
): Promise<ReferrerPushReport> {
  const { jobs, onEvent, signal } = options;
  const concerned = imports.filter(({ image }) => image.referrers.length > 0);
  const push = createReferrerPush(bundle, options);
  onEvent?.({ kind: "phase", phase: "referrers", total: concerned.length });
  const referrers = await mapConcurrent(
    concerned,
    async (planned, jobSignal): Promise<[PlannedImport, ImportedReferrers]> => {
      const done = await push.pushAll(planned, jobSignal);
      onEvent?.({ kind: "step", phase: "referrers" });
      return [planned, done];
    },
    { concurrency: jobs, ...(signal === undefined ? {} : { signal }) },
  );
  return { referrers: new Map(referrers), ...push.counts() };
}

interface ReferrerPush {
  pushAll(planned: PlannedImport, signal: AbortSignal): Promise<ImportedReferrers>;
  counts(): Pick<ReferrerPushReport, "blobs" | "uploadedSize">;
}

/** What has been done already is done once: tags of one repository often stand for one image. */
function createReferrerPush(bundle: OpenedBundle, options: PushOptions): ReferrerPush {
  const { openRepository, stops, isDryRun = false } = options;
  const outcomes = new Map<string, Promise<Outcome>>();
  const stored = new Map<string, Promise<StoredReferrers>>();
  const blobs = { uploaded: 0, mounted: 0, existing: 0 };
  let uploadedSize = 0;

  const pushContent = async (
    referrer: CarriedReferrer,
    repository: Repository,
    abort: AbortOptions,
  ): Promise<void> => {
    const { descriptor: root, tag } = referrer;
    for (const { role, descriptor } of listContent(root, bundle.manifests)) {
      if (role === "manifest") continue;
      const arrival = await pushBlob(
        bundle,
        descriptor,
        { repository, holder: undefined },
        { ...options, ...abort },
      );
      blobs[arrival] += 1;
      if (arrival === "uploaded") uploadedSize += descriptor.size;
    }
    await pushManifests(bundle, { descriptor: root, tag: tag ?? null }, repository, abort);
  };

  const pushOne = async (
    planned: PlannedImport,
    referrer: CarriedReferrer,
    abort: AbortOptions,
  ): Promise<Outcome> => {
    try {
      const repository = openRepository(planned);
      const key = `${keyOf(planned)} ${referrer.subject}`;
      const listStored = async (): Promise<StoredReferrers> =>
        await once(stored, key, async () => await listStoredReferrers(repository, referrer.subject, abort));
      const isThere = await checkReferrer(bundle, referrer, { repository, listStored }, abort);
      if (isThere) return { kind: "unchanged" };
      const stopped = stops.find(planned.target);
      if (stopped !== undefined) return { kind: "failed", error: stopped };
      if (isDryRun) return { kind: "planned" };
      await pushContent(referrer, repository, abort);
      return { kind: "pushed" };
    } catch (error) {
      abort.signal?.throwIfAborted();
      if (!isImageFailure(error)) throw error;
      stops.note(planned.target, error);
      return { kind: "failed", error };
    }
  };

  return {
    async pushAll(planned, signal) {
      const counts = { pushed: 0, unchanged: 0, planned: 0, failed: 0 };
      const failures: ImportedReferrers["failures"][number][] = [];
      const lost = new Map<string, BundleError>();
      for (const referrer of planned.image.referrers) {
        const { subject, descriptor, tag } = referrer;
        const key = `${keyOf(planned)} ${subject} ${descriptor.digest} ${tag ?? ""}`;
        const lostSubject = lost.get(subject);
        const outcome: Outcome =
          lostSubject === undefined
            ? await once(outcomes, key, async () => await pushOne(planned, referrer, { signal }))
            : { kind: "failed", error: lostSubject };
        counts[outcome.kind] += 1;
        if (outcome.kind !== "failed") continue;
        lost.set(descriptor.digest, outcome.error);
        failures.push({
          subject,
          digest: descriptor.digest,
          ...(tag === undefined ? {} : { tag }),
          ...describeFailure(outcome.error),
        });
      }
      return { ...counts, failures };
    },
    counts: () => ({ blobs, uploadedSize }),
  };
}

async function once<T>(done: Map<string, Promise<T>>, key: string, work: () => Promise<T>): Promise<T> {
  const known = done.get(key) ?? work();
  done.set(key, known);
  return await known;
}

function keyOf({ target }: PlannedImport): string {
  return `${target.registry}/${target.repository}`;
}
