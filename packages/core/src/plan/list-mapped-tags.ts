import { type BundleError, isBundleError } from "../error.ts";
import { needsTagList } from "../filter/select-tags.ts";
import { mapConcurrent } from "../map-concurrent.ts";
import type { RepositoryName } from "../reference.ts";
import type { RepositoryMapping } from "./expand-selection.ts";
import type { PlanOptions } from "./plan-options.ts";

/** The tags of a repository, or why they could not be listed. */
export type TagList =
  | {
      readonly kind: "listed";
      readonly tags: readonly string[];
      /** False if there may be more tags. */
      readonly isComplete: boolean;
    }
  | { readonly kind: "failed"; readonly error: BundleError };

/** Lists the tags of every repository of which a mapping needs them, once each; by `REGISTRY/REPOSITORY`. */
export async function listMappedTags(
  mappings: readonly RepositoryMapping[],
  options: PlanOptions,
): Promise<ReadonlyMap<string, TagList>> {
  const { jobs, onEvent, signal } = options;
  const repositories = new Map<string, RepositoryName>();
  for (const { source, mapping } of mappings) {
    if (needsTagList(mapping.filter)) repositories.set(repositoryKey(source), source);
  }
  onEvent?.({ kind: "phase", phase: "list", total: repositories.size });
  const lists = await mapConcurrent(
    [...repositories],
    async ([key, name], jobSignal): Promise<[string, TagList]> => {
      const list = await listTags(name, { ...options, signal: jobSignal });
      onEvent?.({ kind: "step", phase: "list" });
      return [key, list];
    },
    { concurrency: jobs, ...(signal === undefined ? {} : { signal }) },
  );
  return new Map(lists);
}

/** One name for a repository, for maps. */
export function repositoryKey({ registry, repository }: RepositoryName): string {
  return `${registry}/${repository}`;
}

/** Lists the tags of one repository. */
export async function listTags(
  name: RepositoryName,
  { openSource, signal }: Pick<PlanOptions, "openSource" | "signal">,
): Promise<TagList> {
  try {
    let isComplete = true;
    const onIncomplete = (): void => {
      isComplete = false;
    };
    const abort = signal === undefined ? {} : { signal };
    const tags = await Array.fromAsync(openSource(name).listTags({ ...abort, onIncomplete }));
    return { kind: "listed", tags, isComplete };
  } catch (error) {
    signal?.throwIfAborted();
    if (!isBundleError(error)) throw error;
    return { kind: "failed", error };
  }
}
