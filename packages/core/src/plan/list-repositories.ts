import { type BundleError, isBundleError } from "../error.ts";
import type { EventSink } from "../events.ts";
import { mapConcurrent } from "../map-concurrent.ts";
import type { AbortOptions } from "../repository.ts";
import type { Selection } from "../selection/selection.ts";
import { type ChosenMapping, chooseMappings } from "./choose-mappings.ts";
import type { PlanWarning } from "./plan.ts";
import {
  type ListRepositories,
  queryKey,
  type RepositoryList,
  type RepositoryQuery,
  toRepositoryQuery,
} from "./repository-query.ts";

/** What was asked, and the repositories or why they could not be listed. */
export type RepositoryListing = { readonly query: RepositoryQuery } & (
  | { readonly kind: "listed"; readonly list: RepositoryList }
  | { readonly kind: "failed"; readonly error: BundleError }
);

/** By {@link queryKey}. */
export type ListedRepositories = ReadonlyMap<string, RepositoryListing>;

/** What registries are asked with. */
export interface ListOptions extends AbortOptions {
  readonly listRepositories: ListRepositories;
  /** Names of tasks. @default all of them */
  readonly tasks?: readonly string[];
  /** Requests at once. */
  readonly jobs: number;
  readonly onEvent?: EventSink;
}

/**
 * Lists the repositories of every registry that a pattern of the selection looks into, each once.
 *
 * @throws `USAGE` if there is no task of a wanted name; the abort reason of `signal`
 */
export async function listRepositories(
  selection: Selection,
  options: ListOptions,
): Promise<ListedRepositories> {
  const { tasks, jobs, signal, onEvent } = options;
  const queries = new Map<string, RepositoryQuery>();
  for (const query of chooseMappings(selection, tasks).flatMap(toQueries))
    queries.set(queryKey(query), query);
  if (queries.size === 0) return new Map();
  onEvent?.({ kind: "phase", phase: "repositories", total: queries.size });
  const lists = await mapConcurrent(
    [...queries],
    async ([key, query], jobSignal): Promise<[string, RepositoryListing]> => {
      const listed = await askRegistry(query, options.listRepositories, jobSignal);
      onEvent?.({ kind: "step", phase: "repositories" });
      return [key, listed];
    },
    { concurrency: jobs, ...(signal === undefined ? {} : { signal }) },
  );
  return new Map(lists);
}

/** None for a mapping without a pattern, nor for a malformed registry: that is told where the mapping is expanded. */
function toQueries({ mapping, task, selection }: ChosenMapping): readonly RepositoryQuery[] {
  if (mapping.fromRegex === undefined) return [];
  try {
    return [toRepositoryQuery(mapping, task, selection)];
  } catch (error) {
    if (!isBundleError(error, "REFERENCE_INVALID")) throw error;
    return [];
  }
}

async function askRegistry(
  query: RepositoryQuery,
  ask: ListRepositories,
  signal: AbortSignal,
): Promise<RepositoryListing> {
  try {
    return { kind: "listed", query, list: await ask(query, { signal }) };
  } catch (error) {
    signal.throwIfAborted();
    if (!isBundleError(error)) throw error;
    return { kind: "failed", query, error };
  }
}

/** What is missing in the lists: nothing is left out silently. */
export function warnOfLists(listed: ListedRepositories): readonly PlanWarning[] {
  return [...listed.values()].flatMap((listing) =>
    listing.kind === "listed" ? warnOfList(listing.query, listing.list) : [],
  );
}

function warnOfList(
  { registry, listing, maxRepositories }: RepositoryQuery,
  { repositories, cut, malformed }: RepositoryList,
): readonly PlanWarning[] {
  const warnings: PlanWarning[] = [];
  if (cut === "limit") {
    const most = listing.type === "index" ? ", of which a search gives 100 at most" : ", or -1 for no limit";
    const message = `Not all repositories of ${registry} were looked at: the listing ended after ${repositories.length}, because maxItems of lister is ${maxRepositories}; give it a higher value${most}`;
    warnings.push({ code: "LISTING_CUT", message });
  }
  if (cut === "circle") {
    const message = `The list of the repositories of ${registry} may be incomplete: after ${repositories.length} it leads back to a page that was there before`;
    warnings.push({ code: "REPOSITORIES_INCOMPLETE", message });
  }
  if (malformed > 0) {
    const message = `${malformed} of the repositories that ${registry} lists are left out: their names are no repository names`;
    warnings.push({ code: "REPOSITORY_MALFORMED", message });
  }
  return warnings;
}
