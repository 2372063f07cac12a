import { splitBranches } from "../filter/alternation.ts";
import { splitRegistry } from "../reference.ts";
import type { AbortOptions } from "../repository.ts";
import type { Lister, Location, Mapping, Selection, Task } from "../selection/selection.ts";

/** What a registry is asked, to know which repositories a pattern takes. */
export interface RepositoryQuery {
  /** `docker.io` for Docker Hub. */
  readonly registry: string;
  readonly location: Location;
  readonly listing: Listing;
  /** The listing ends with the page that exceeds it; Infinity for no limit. */
  readonly maxRepositories: number;
}

/** Where the names of repositories come from. */
export type Listing =
  | Exclude<Lister, { readonly type: "dockerhub" }>
  /** Without namespaces, that of the user who is logged in. */
  | { readonly type: "dockerhub"; readonly namespaces: readonly string[] };

/** What a registry said. */
export interface RepositoryList {
  /** Each once, by the names that the registry has for them. */
  readonly repositories: readonly string[];
  /** Why there may be more: the limit ended the listing, or the registry's pages lead back to one that was there. */
  readonly cut?: "limit" | "circle";
  /** How many names were left out because they are no repository names. */
  readonly malformed: number;
}

/** Asks a registry for its repositories. @throws what registries fail with, as `Source` has it */
export type ListRepositories = (query: RepositoryQuery, options: AbortOptions) => Promise<RepositoryList>;

/** `library/…` and `(library|bitnami)/…`: what a pattern begins with that is no pattern itself. */
const LITERAL_NAMESPACES = /^\^?(?:([a-z0-9_-]+)|\((?:\?:)?([a-z0-9_|-]+)\))\//;
/** A pattern that is one group as a whole. */
const GROUP = /^\^?\((?:\?:)?([^()]*)\)\$?$/;

/** What must be asked for a mapping with a pattern in `from`. @throws `REFERENCE_INVALID` if the registry is malformed */
export function toRepositoryQuery(mapping: Mapping, task: Task, selection: Selection): RepositoryQuery {
  const { registry, prefix } = splitRegistry(task.source.registry);
  return {
    registry,
    location: task.source,
    listing: toListing(task.source.lister ?? defaultLister(registry), mapping, prefix),
    maxRepositories: selection.maxRepositories,
  };
}

/** Docker Hub refuses its catalog to everybody. */
function defaultLister(registry: string): Lister {
  return registry === "docker.io" ? { type: "dockerhub" } : { type: "catalog" };
}

function toListing(lister: Lister, mapping: Mapping, prefix: string): Listing {
  if (lister.type !== "dockerhub") return lister;
  return { type: lister.type, namespaces: findNamespaces(prefix, mapping.from.replace(/^regex:/, "")) };
}

/** One text for a query, for maps: equal ones are asked once. */
export function queryKey(query: RepositoryQuery): string {
  return JSON.stringify(query);
}

/** The namespaces in which alone a pattern can match; none if not each of its branches says so. */
function findNamespaces(prefix: string, pattern: string): readonly string[] {
  const [, grouped = pattern] = GROUP.exec(pattern) ?? [];
  const namespaces = new Set<string>();
  for (const branch of splitBranches(grouped)) {
    const [, one, several = one] = LITERAL_NAMESPACES.exec(`${prefix}${branch}`) ?? [];
    if (several === undefined) return [];
    for (const namespace of several.split("|")) namespaces.add(namespace);
  }
  return [...namespaces];
}
