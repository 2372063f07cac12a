import type { Descriptor } from "../descriptor.ts";
import { BundleError } from "../error.ts";
import { mapConcurrent } from "../map-concurrent.ts";
import type { RepositoryName } from "../reference.ts";
import { formatReferrersTag } from "../referrers-tag.ts";
import { repositoryKey } from "./list-mapped-tags.ts";
import {
  type FoundReferrer,
  lookUpReferrers,
  type ReferrerAnswer,
  type ReferrerPlace,
} from "./look-up-referrers.ts";
import type { ManifestFetcher } from "./manifest-fetcher.ts";
import { plainDescriptor } from "./manifest-graph.ts";
import type { WantedManifest } from "./manifest-outcomes.ts";
import { type ReferrerFailure, toReferrerFailure } from "./plan.ts";
import type { PlanOptions } from "./plan-options.ts";
import { fetchTrees, findTreeFault } from "./referrer-trees.ts";

/** Referrers of one manifest. Real ones have a handful. */
const MAX_REFERRERS_PER_SUBJECT = 1000;

/** A manifest whose referrers are looked for. */
export interface Subject {
  readonly name: RepositoryName;
  readonly digest: string;
  /** False for an index of which only a part is carried: what speaks of it is not fetched. */
  readonly isCarried: boolean;
}

/** What was found out about one manifest of one repository. */
export interface SubjectReferrers {
  /** Sorted by digest, and all that they are made of is in the fetcher. */
  readonly referrers: readonly FoundReferrer[];
  readonly failures: readonly ReferrerFailure[];
}

/** What the reading works with. */
export interface ReadReferrersContext {
  readonly fetcher: ManifestFetcher;
  /** By `REGISTRY/REPOSITORY`. */
  readonly places: ReadonlyMap<string, ReferrerPlace>;
  readonly options: PlanOptions;
}

interface Answered extends ReferrerAnswer {
  readonly subject: Subject;
}

/** One name for a manifest of a repository, for maps. */
export function subjectKey(name: RepositoryName, digest: string): string {
  return `${repositoryKey(name)}@${digest}`;
}

/** Asks about these manifests, and fetches what speaks of those that are carried. */
export async function readReferrers(
  subjects: readonly Subject[],
  context: ReadReferrersContext,
): Promise<readonly (SubjectReferrers & { readonly subject: Subject })[]> {
  const { fetcher } = context;
  const answers = await lookUpAll(subjects, context);
  const asked = answers.filter(({ subject }) => subject.isCarried);
  await fetcher.fetchAll(
    asked.flatMap(({ subject, list }) => (list === undefined ? [] : want(subject, list))),
  );
  const carried = asked.map((answer) => narrow(readList(answer, fetcher)));
  await fetchTrees(
    carried.map(({ subject, found }) => ({
      from: subject.name,
      roots: found.map(({ descriptor }) => descriptor),
    })),
    fetcher,
  );
  const others = answers.filter(({ subject }) => !subject.isCarried);
  return [
    ...carried.map((answer) => ({ subject: answer.subject, ...sortOut(answer, fetcher) })),
    ...others.map(({ subject, found, list, errors }) => ({
      subject,
      // The list may be empty: a pull is too much for a warning.
      referrers: list === undefined ? found : [...found, { descriptor: list }],
      failures: errors.map((error) => toReferrerFailure(subject.digest, error)),
    })),
  ];
}

async function lookUpAll(
  subjects: readonly Subject[],
  { places, options }: ReadReferrersContext,
): Promise<readonly Answered[]> {
  const { jobs, onEvent, signal } = options;
  onEvent?.({ kind: "phase", phase: "referrers", total: subjects.length });
  return await mapConcurrent(
    subjects,
    async (subject, jobSignal) => {
      const place = places.get(repositoryKey(subject.name));
      if (place === undefined)
        throw new RangeError(`Cannot ask ${repositoryKey(subject.name)}: it was not opened`);
      const answer = await lookUpReferrers(subject.digest, place, { signal: jobSignal });
      onEvent?.({ kind: "step", phase: "referrers" });
      return { subject, ...answer };
    },
    { concurrency: jobs, ...(signal === undefined ? {} : { signal }) },
  );
}

/** Puts the entries of the list under the tag of the tag schema to what was found. */
function readList(answer: Answered, { manifests, failureOf }: ManifestFetcher): Answered {
  const { subject, list, found, errors } = answer;
  if (list === undefined) return answer;
  const manifest = manifests.get(list.digest);
  if (manifest?.kind === "index") {
    const entries = manifest.children.map((child) => ({ descriptor: plainDescriptor(child) }));
    return { ...answer, found: [...entries, ...found] };
  }
  return { ...answer, errors: [...errors, failureOf(list) ?? noList(subject)] };
}

/** Each once, in order, and no more than anybody has: whoever may push could make this run fetch without end. */
function narrow(answer: Answered): Answered {
  const found = distinct(answer.found);
  if (found.length <= MAX_REFERRERS_PER_SUBJECT) return { ...answer, found };
  const errors = [...answer.errors, tooMany(answer.subject)];
  return { ...answer, found: found.slice(0, MAX_REFERRERS_PER_SUBJECT), errors };
}

/** What of the found can be carried, and what not, and why. */
function sortOut({ subject, found, errors }: Answered, fetcher: ManifestFetcher): SubjectReferrers {
  const referrers: FoundReferrer[] = [];
  const failures = errors.map((error) => toReferrerFailure(subject.digest, error));
  for (const one of found) {
    const fault = findFault(one, subject, fetcher);
    if (fault === undefined) referrers.push(one);
    else failures.push(toReferrerFailure(subject.digest, fault, one.descriptor.digest));
  }
  return { referrers, failures };
}

/** Each once and in order; by its tag, where it is known by one. */
function distinct(found: readonly FoundReferrer[]): readonly FoundReferrer[] {
  const tagged = new Set(
    found.flatMap(({ tag, descriptor }) => (tag === undefined ? [] : [descriptor.digest])),
  );
  const byName = new Map<string, FoundReferrer>();
  for (const one of found) {
    const { descriptor, tag } = one;
    if (tag === undefined && tagged.has(descriptor.digest)) continue;
    byName.set(`${descriptor.digest} ${tag ?? ""}`, one);
  }
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

/** What is listed as a referrer must name its subject; what has a tag of cosign's does so by that. */
function findFault(
  { descriptor, tag }: FoundReferrer,
  { digest, name }: Subject,
  fetcher: ManifestFetcher,
): BundleError | undefined {
  const failure = fetcher.failureOf(descriptor);
  if (failure !== undefined) return failure;
  if (tag === undefined && fetcher.manifests.get(descriptor.digest)?.subject?.digest !== digest) {
    return new BundleError(
      "MANIFEST_INVALID",
      `Cannot use referrer ${descriptor.digest} of ${subjectKey(name, digest)}: it does not name that subject`,
    );
  }
  return findTreeFault(descriptor, fetcher);
}

function want({ name }: Subject, descriptor: Descriptor): readonly WantedManifest[] {
  return [{ descriptor: plainDescriptor(descriptor), from: name }];
}

function noList({ name, digest }: Subject): BundleError {
  return new BundleError(
    "MANIFEST_INVALID",
    `Cannot read the referrers of ${subjectKey(name, digest)}: what has the tag ${formatReferrersTag(digest)} is no index`,
  );
}

function tooMany({ name, digest }: Subject): BundleError {
  return new BundleError(
    "SIZE_INVALID",
    `Cannot take all referrers of ${subjectKey(name, digest)}: it has more than ${MAX_REFERRERS_PER_SUBJECT}`,
  );
}
