import { type SelectedTag, selectTags } from "../filter/select-tags.ts";
import type { Reference } from "../reference.ts";
import type { RepositoryMapping } from "./expand-selection.ts";
import type { ImageTarget } from "./plan.ts";

/** An image that a selection asks for, before the registry was asked what it is. */
export interface ImageRequest {
  readonly source: Reference;
  readonly target: ImageTarget;
  readonly platforms: readonly string[];
  readonly task: string;
  readonly selectedBy: string;
  /** The selection itself names it; else it was found in the list of tags. */
  readonly isNamed: boolean;
}

/** What a mapping asks for, given the tags of its repository. */
export function requestImages(mapping: RepositoryMapping, tags: readonly string[]): readonly ImageRequest[] {
  return selectTags(mapping.mapping.filter, tags).map((selected) => toRequest(mapping, selected));
}

function toRequest(
  { source, target, platforms, task, mapping }: RepositoryMapping,
  selected: SelectedTag,
): ImageRequest {
  const { reference, selectedBy } = selected;
  const isNamed = mapping.filter.items.some(
    (item) =>
      item.kind === "verbatim" &&
      item.reference.tag === reference.tag &&
      item.reference.digest === reference.digest,
  );
  return {
    source: { ...source, ...reference },
    target: { ...target, tag: reference.tag ?? null },
    platforms,
    task,
    selectedBy,
    isNamed,
  };
}
