import type { Descriptor } from "../descriptor.ts";
import { BundleError } from "../error.ts";
import { mapConcurrent } from "../map-concurrent.ts";
import type { RepositoryName } from "../reference.ts";
import { listTags, repositoryKey, type TagList } from "./list-mapped-tags.ts";
import type { ReferrerPlace } from "./look-up-referrers.ts";
import type { ManifestFetcher } from "./manifest-fetcher.ts";
import { listManifests, type ManifestGraph } from "./manifest-graph.ts";
import { type PlannedImage, toReferrerFailure } from "./plan.ts";
import type { PlanOptions } from "./plan-options.ts";
import { readReferrers, type Subject, type SubjectReferrers, subjectKey } from "./read-referrers.ts";

/** A signature of a description of an image is two levels. More than this is a chain that somebody made to keep us busy. */
const MAX_REFERRER_DEPTH = 8;

const MAX_SUBJECTS = 100_000;

/** What the search works with. */
export interface FindReferrersContext {
  readonly fetcher: ManifestFetcher;
  /** Tags that have been listed, by `REGISTRY/REPOSITORY`. */
  readonly lists: ReadonlyMap<string, TagList>;
  readonly options: PlanOptions;
  /** Manifests that are asked about in one run. @default 100 000 */
  readonly maxSubjects?: number;
}

/** What was found out of each manifest, by {@link subjectKey}. */
export type ReferrerMap = ReadonlyMap<string, SubjectReferrers>;

/**
 * Looks for the referrers of every manifest of these images, for those of the referrers found, and so on. All that is
 * found is in the fetcher then. Of an index of which only a part is carried it is found out whether it has any.
 *
 * @throws what {@link ManifestFetcher.fetchAll} throws; the abort reason of `signal`
 */
export async function findReferrers(
  images: readonly PlannedImage[],
  context: FindReferrersContext,
): Promise<ReferrerMap> {
  const { fetcher, options, maxSubjects = MAX_SUBJECTS } = context;
  const known = new Map<string, SubjectReferrers>();
  let subjects = listSubjects(images, fetcher);
  const places = await openPlaces(subjects, context);
  for (let depth = 0; subjects.length > 0; depth++) {
    const isTooDeep = depth > MAX_REFERRER_DEPTH;
    const room = isTooDeep ? 0 : Math.max(0, maxSubjects - known.size);
    for (const subject of subjects.slice(room)) {
      const message = isTooDeep ? endless(subject) : tooMany(maxSubjects);
      known.set(subjectKey(subject.name, subject.digest), unasked(subject, message));
    }
    const answers = await readReferrers(subjects.slice(0, room), { fetcher, places, options });
    for (const { subject, referrers, failures } of answers)
      known.set(subjectKey(subject.name, subject.digest), { referrers, failures });
    const next = answers.flatMap(({ subject, referrers }) =>
      subject.isCarried
        ? referrers.flatMap(({ descriptor }) => listTree(subject.name, descriptor, fetcher.manifests))
        : [],
    );
    subjects = distinct(next).filter(({ name, digest }) => !known.has(subjectKey(name, digest)));
  }
  return known;
}

/** The manifests of the images, and the indexes of which only a part is carried; no registry has those made here. */
function listSubjects(
  images: readonly PlannedImage[],
  { manifests, indexes }: ManifestFetcher,
): readonly Subject[] {
  const carried = images
    .flatMap(({ source, descriptor }) => listTree(source, descriptor, manifests))
    .filter(({ digest }) => manifests.get(digest)?.kind === "image" || indexes.has(digest));
  const partial = images.flatMap(({ source, resolved, descriptor }) =>
    resolved === descriptor.digest ? [] : [{ name: source, digest: resolved, isCarried: false }],
  );
  return distinct([...carried, ...partial]);
}

/** A manifest and every one below it. */
function listTree(name: RepositoryName, root: Descriptor, manifests: ManifestGraph): readonly Subject[] {
  return listManifests(root, manifests).map(({ digest }) => ({ name, digest, isCarried: true }));
}

function distinct(subjects: readonly Subject[]): readonly Subject[] {
  const byKey = new Map<string, Subject>();
  for (const subject of subjects) {
    const key = subjectKey(subject.name, subject.digest);
    if (!byKey.has(key)) byKey.set(key, subject);
  }
  return [...byKey.values()];
}

/**
 * Opens the repositories, with their tags. Where these have not been listed a list is one request for all manifests, and
 * each of three tags is one for each of them: it is made unless there is one manifest only. What an incomplete list lacks
 * may be there all the same: it is as good as none.
 */
async function openPlaces(
  subjects: readonly Subject[],
  { lists, options }: FindReferrersContext,
): Promise<ReadonlyMap<string, ReferrerPlace>> {
  const counts = new Map<string, { readonly name: RepositoryName; readonly count: number }>();
  for (const { name } of subjects) {
    const key = repositoryKey(name);
    counts.set(key, { name, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  const { openSource, jobs, signal } = options;
  const places = await mapConcurrent(
    [...counts],
    async ([key, { name, count }], jobSignal): Promise<[string, ReferrerPlace]> => {
      const list =
        lists.get(key) ?? (count > 1 ? await listTags(name, { openSource, signal: jobSignal }) : undefined);
      const tags = list?.kind === "listed" && list.isComplete ? new Set(list.tags) : undefined;
      return [key, { source: openSource(name), tags }];
    },
    { concurrency: jobs, ...(signal === undefined ? {} : { signal }) },
  );
  return new Map(places);
}

function endless({ name, digest }: Subject): string {
  return `Cannot look for referrers of ${subjectKey(name, digest)}: too many manifests speak of each other`;
}

/** It names no subject: one reason for all of them is told once. */
function tooMany(maxSubjects: number): string {
  return `Cannot look for all referrers: a run asks about ${maxSubjects} manifests at most`;
}

function unasked({ digest }: Subject, message: string): SubjectReferrers {
  return { referrers: [], failures: [toReferrerFailure(digest, new BundleError("SIZE_INVALID", message))] };
}
