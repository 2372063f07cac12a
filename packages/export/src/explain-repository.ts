import { loadSelection, tellWarnings } from "@airgap-bundle/cli";
import {
  type AbortOptions,
  type BundleError,
  closeAfter,
  isBundleError,
  type Source,
} from "@airgap-bundle/core";
import { type ExplainDocument, explainMapping } from "./explain-document.ts";
import { type FoundRepository, findRepository } from "./find-repository.ts";
import { openSources, type SourceFlags } from "./open-sources.ts";
import type { SourceOptions } from "./resolve-selection.ts";

/** What `bundle explain` is told. */
export interface ExplainFlags extends SourceFlags {
  /** Path of the selection. */
  readonly config: string;
}

/**
 * Lists the tags of a repository and says of each which rule of the selection keeps or drops it.
 *
 * @throws `USAGE` if no mapping takes it; `SELECTION_INVALID`; what listing tags fails with
 */
export async function explainRepository(
  repository: string,
  flags: ExplainFlags,
  options: SourceOptions,
): Promise<ExplainDocument> {
  const { onEvent, signal } = options;
  const { selection, warnings } = await loadSelection(flags.config);
  tellWarnings(flags.config, warnings, onEvent);
  const found = findRepository(selection, repository, flags.task === undefined ? {} : { tasks: flags.task });
  const sources = await openSources(selection, flags, options);
  return await closeAfter(sources, async () => {
    const results = [];
    for (const one of found) results.push(await explainFound(one, sources.openSource(one.name), { signal }));
    const errors = results.flatMap((result) => ("error" in result ? [result.error] : []));
    const [first] = errors;
    if (first !== undefined && errors.length === results.length) throw first;
    for (const { code, message } of errors) onEvent({ kind: "warning", code, message });
    return { repository, mappings: results.flatMap((result) => ("error" in result ? [] : result.mappings)) };
  });
}

type Explanation = Pick<ExplainDocument, "mappings"> | { readonly error: BundleError };

/** A name without a host may be in several registries, and need not be in all of them. */
async function explainFound(
  { name, mappings }: FoundRepository,
  source: Source,
  { signal }: AbortOptions,
): Promise<Explanation> {
  try {
    const tags = await Array.fromAsync(source.listTags(signal === undefined ? {} : { signal }));
    return { mappings: mappings.map((mapping) => explainMapping(mapping, name, tags)) };
  } catch (error) {
    if (!isBundleError(error)) throw error;
    return { error };
  }
}
