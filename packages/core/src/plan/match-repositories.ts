import { isBundleError } from "../error.ts";
import { joinRepositoryName, maskUserInfo, type RepositoryName, splitRegistry } from "../reference.ts";
import type { Task } from "../selection/selection.ts";
import type { ChosenMapping } from "./choose-mappings.ts";
import type { ListedRepositories } from "./list-repositories.ts";
import type { PlanWarning } from "./plan.ts";
import { queryKey, toRepositoryQuery } from "./repository-query.ts";

/** The repositories of a mapping by the paths that stand behind its task's registry. */
export interface MatchedRepositories {
  readonly paths: readonly string[];
  readonly warning?: PlanWarning;
}

/**
 * What `from` names: one repository, or those of the list that the pattern takes, in bytewise order. None if there is no
 * list.
 *
 * @throws what the listing failed with; `REFERENCE_INVALID` if the registry is malformed
 */
export function matchRepositories(chosen: ChosenMapping, listed: ListedRepositories): MatchedRepositories {
  const { selection, task, mapping } = chosen;
  if (mapping.fromRegex === undefined) return { paths: [mapping.from] };
  const { fromRegex } = mapping;
  const listing = listed.get(queryKey(toRepositoryQuery(mapping, task, selection)));
  if (listing === undefined) return { paths: [] };
  if (listing.kind === "failed") throw listing.error;
  const { prefix } = splitRegistry(task.source.registry);
  const { repositories } = listing.list;
  const paths = repositories
    .filter((repository) => repository.startsWith(prefix))
    .map((repository) => repository.slice(prefix.length))
    .filter((path) => fromRegex.test(path))
    .toSorted();
  if (paths.length > 0) return { paths };
  const message = `Nothing of ${maskUserInfo(task.source.registry)} is selected: none of its ${repositories.length} repositories matches ${JSON.stringify(mapping.from)} (task ${JSON.stringify(task.name)}, line ${mapping.line})`;
  return { paths, warning: { code: "NOTHING_SELECTED", message } };
}

/** The path by which a mapping takes this repository, without asking a registry; undefined if it does not. */
export function findPath(chosen: ChosenMapping, name: RepositoryName): string | undefined {
  const { task, mapping } = chosen;
  try {
    const path = pathBehind(task.source.registry, name);
    if (path === undefined) return undefined;
    if (mapping.fromRegex === undefined)
      return isSame(joinRepositoryName(task.source.registry, mapping.from), name) ? path : undefined;
    const listed = pathBehind(task.source.registry, listedName(task.source, name));
    return listed !== undefined && mapping.fromRegex.test(listed) ? listed : undefined;
  } catch (error) {
    if (!isBundleError(error, "REFERENCE_INVALID")) throw error;
    return undefined;
  }
}

/** What stands behind the registry's text; undefined if the repository is not below it. */
function pathBehind(registryText: string, { registry, repository }: RepositoryName): string | undefined {
  const { registry: host, prefix } = splitRegistry(registryText);
  return host === registry && repository.startsWith(prefix) ? repository.slice(prefix.length) : undefined;
}

/** A pattern meets the names of the list: the search of Docker Hub has `redis` for what is `library/redis` elsewhere. */
function listedName({ lister }: Task["source"], name: RepositoryName): RepositoryName {
  if (lister?.type !== "index" || name.registry !== "docker.io") return name;
  return { ...name, repository: name.repository.replace(/^library\//, "") };
}

function isSame(a: RepositoryName, b: RepositoryName): boolean {
  return a.registry === b.registry && a.repository === b.repository;
}
