import {
  BundleError,
  type ChosenMapping,
  findMappings,
  isBundleError,
  joinRepositoryName,
  nearestNames,
  parseReference,
  type RepositoryName,
  repositoryKey,
  type Selection,
  splitRegistry,
} from "@airgap-bundle/core";

/** A repository at its source, and the mappings that take it. */
export interface FoundRepository {
  readonly name: RepositoryName;
  readonly mappings: readonly ChosenMapping[];
}

/** Names in a hint. */
const MAX_SUGGESTIONS = 5;

/**
 * The repositories that a person may mean: by the full name, or as the selection has it behind a source's registry. One
 * name can be in several registries.
 *
 * @throws `USAGE` if no mapping takes such a repository, naming the nearest; for what is an image, not a repository
 */
export function findRepository(
  selection: Selection,
  text: string,
  options: { readonly tasks?: readonly string[] } = {},
): readonly FoundRepository[] {
  const named = tryName(() => parseReference(text));
  if (named?.tag !== undefined || named?.digest !== undefined) {
    throw new BundleError("USAGE", `Cannot explain ${text}: it names an image`, {
      hint: "Name the repository alone: all of its tags are shown",
    });
  }
  const find = (names: readonly RepositoryName[]): readonly FoundRepository[] =>
    names
      .map((name) => ({ name, mappings: findMappings(selection, name, options) }))
      .filter(({ mappings }) => mappings.length > 0);
  const full = named === undefined || !/^[^/]*[.:][^/]*\//.test(text) ? [] : find([named]);
  const found = full.length > 0 ? full : find(namesOf(selection, text));
  if (found.length === 0) throw unknown(selection, text, options.tasks);
  return found;
}

/** The text behind each source's registry, with its prefix and without. */
function namesOf(selection: Selection, text: string): readonly RepositoryName[] {
  const registries = new Set(selection.tasks.map(({ source }) => source.registry));
  const names = [...registries].flatMap((registry) => [
    tryName(() => joinRepositoryName(registry, text)),
    tryName(() => joinRepositoryName(splitRegistry(registry).registry, text)),
  ]);
  const known = names.filter((name) => name !== undefined);
  return [...new Map(known.map((name) => [repositoryKey(name), name])).values()];
}

function tryName<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!isBundleError(error, "REFERENCE_INVALID")) throw error;
    return undefined;
  }
}

function unknown(
  { tasks }: Selection,
  text: string,
  wanted: readonly string[] = tasks.map(({ name }) => name),
): BundleError {
  const searched = tasks.filter(({ name }) => wanted.includes(name));
  const names = new Set(
    searched.flatMap(({ mappings }) => mappings.map(({ from }) => from.replace(/^\//, ""))),
  );
  const nearest = nearestNames(text, [...names]).slice(0, MAX_SUGGESTIONS);
  const some = [...names].slice(0, MAX_SUGGESTIONS);
  const more = names.size > some.length ? ", …" : "";
  return new BundleError(
    "USAGE",
    `Cannot explain ${JSON.stringify(text)}: no mapping takes such a repository`,
    {
      hint:
        nearest.length > 0
          ? `Did you mean ${nearest.join(" or ")}?`
          : `Mappings are from ${some.join(", ")}${more}`,
    },
  );
}
