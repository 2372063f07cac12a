import { countOf, formatTable } from "@airgap-bundle/cli";
import { type ChosenMapping, explainTags, type RepositoryName, repositoryKey } from "@airgap-bundle/core";

/** What `bundle explain --json` prints. */
export interface ExplainDocument {
  /** As it was asked for. */
  readonly repository: string;
  /** Every mapping that takes it, in file order. */
  readonly mappings: readonly ExplainedMapping[];
}

interface ExplainedMapping {
  /** The full name of the repository. */
  readonly source: string;
  readonly task: string;
  readonly line: number;
  /** In ascending bytewise order: those of the registry, and those that the mapping names itself. */
  readonly tags: readonly {
    readonly tag: string;
    readonly kept: boolean;
    /** The item of `tags` that keeps or drops it, or `all tags`, `matches no item`, `is no version`. */
    readonly rule: string;
    /** Named in `tags`, and not in the registry's list. */
    readonly missing: boolean;
  }[];
}

/** What a mapping does with each tag of a repository. */
export function explainMapping(
  { task, mapping }: ChosenMapping,
  name: RepositoryName,
  tags: readonly string[],
): ExplainedMapping {
  const listed = new Set(tags);
  return {
    source: repositoryKey(name),
    task: task.name,
    line: mapping.line,
    tags: explainTags(mapping.filter, tags).map(({ name: tag, reference, kept, rule }) => ({
      tag,
      kept,
      rule,
      missing: reference.digest === undefined && !listed.has(tag),
    })),
  };
}

/** The same for people. */
export function renderExplain({ mappings }: ExplainDocument): string[] {
  return mappings.flatMap((mapping, i) => [...(i === 0 ? [] : [""]), ...renderMapping(mapping)]);
}

function renderMapping({ source, task, line, tags }: ExplainedMapping): string[] {
  const kept = tags.filter((tag) => tag.kept).length;
  const rows = tags.map(({ tag, kept: isKept, rule, missing }) => [
    isKept ? "  kept" : "  dropped",
    tag,
    missing ? `${rule} (not in the registry's list)` : rule,
  ]);
  return [
    `${source} (task ${JSON.stringify(task)}, line ${line}): ${kept} of ${countOf(tags.length, "tag")} kept`,
    ...formatTable(rows),
  ];
}
