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
}

/** What a mapping asks for, given the tags of its repository. */
export function requestImages(mapping: RepositoryMapping, tags: readonly string[]): readonly ImageRequest[] {
  return selectTags(mapping.mapping.filter, tags).map((selected) => toRequest(mapping, selected));
}

function toRequest(
  { source, target, platforms, task }: RepositoryMapping,
  selected: SelectedTag,
): ImageRequest {
  const { reference, selectedBy } = selected;
  return {
    source: { ...source, ...reference },
    target: { ...target, tag: reference.tag ?? null },
    platforms,
    task,
    selectedBy,
  };
}
