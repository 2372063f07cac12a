import { explainTags } from "./explain-tags.ts";
import type { TagFilter, TagReference } from "./tag-filter.ts";

/** A tag or digest that a filter selects. */
export interface SelectedTag {
  readonly reference: TagReference;
  /** The first item of `tags` that matches it, or `all tags`. */
  readonly selectedBy: string;
}

/** Must the registry be asked for its tags? Not if all that the filter selects is named in it. */
export function needsTagList({ items }: TagFilter): boolean {
  return items.length === 0 || items.some(({ kind }) => kind !== "verbatim");
}

/**
 * What a filter selects from the tags of a repository: no duplicates, in ascending bytewise order. Verbatim items are
 * selected whether the registry has them or not. `tags` is not looked at unless {@link needsTagList} says so.
 */
export function selectTags(filter: TagFilter, tags: readonly string[]): readonly SelectedTag[] {
  return explainTags(filter, needsTagList(filter) ? tags : [])
    .filter(({ kept }) => kept)
    .map(({ reference, rule }) => ({ reference, selectedBy: rule }));
}
