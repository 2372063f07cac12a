import type { TagFilter, TagReference } from "./tag-filter.ts";
import { compareVersions, parseTolerantVersion } from "./version.ts";

/** Says that no item of `tags` selects, so that everything is taken. */
const ALL_TAGS = "all tags";

/** A tag or digest that a filter selects. */
export interface SelectedTag {
  readonly reference: TagReference;
  /** The first item of `tags` that matches it, or `all tags`. */
  readonly selectedBy: string;
}

/** Must the registry be asked for its tags? Not if all that the filter selects is named in it. */
export function needsTagList({ items }: TagFilter): boolean {
  return items.length === 0 || items.some((item) => item.kind === "match");
}

/**
 * What a filter selects from the tags of a repository: no duplicates, in ascending bytewise order. Verbatim items are
 * selected whether the registry has them or not. `tags` is not looked at unless {@link needsTagList} says so.
 */
export function selectTags(filter: TagFilter, tags: readonly string[]): readonly SelectedTag[] {
  const verbatim = new Map<string, TagReference>();
  for (const item of filter.items) {
    if (item.kind === "verbatim") verbatim.set(nameOf(item.reference), item.reference);
  }
  const selected = new Map<string, SelectedTag>();
  for (const name of new Set([...(needsTagList(filter) ? tags : []), ...verbatim.keys()])) {
    const selectedBy = findItem(filter, name);
    const reference = verbatim.get(name);
    if (selectedBy === undefined) continue;
    if (reference === undefined && !filter.keeps.every((keeps) => keeps(name))) continue;
    selected.set(name, { reference: reference ?? { tag: name }, selectedBy });
  }
  const kept = new Set(keepLatest([...selected.keys()], filter.latest));
  return [...selected]
    .filter(([name]) => kept.has(name))
    .toSorted(byName)
    .map(([, tag]) => tag);
}

function findItem({ items }: TagFilter, name: string): string | undefined {
  if (items.length === 0) return ALL_TAGS;
  return items.find((item) =>
    item.kind === "verbatim" ? nameOf(item.reference) === name : item.matches(name),
  )?.text;
}

/**
 * The `latest` highest versions and whatever is no version; if there is no version at all, the last names. Of equal
 * versions the bytewise greater name counts as higher.
 */
function keepLatest(names: readonly string[], latest: number): readonly string[] {
  if (latest === 0) return names;
  const sorted = names.toSorted(compareBytes);
  const versions = sorted.flatMap((name) => {
    const version = parseTolerantVersion(name);
    return version === undefined ? [] : [{ name, version }];
  });
  if (versions.length === 0) return sorted.slice(-latest);
  const dropped = new Set(
    versions
      .toSorted((a, b) => compareVersions(a.version, b.version))
      .slice(0, -latest)
      .map(({ name }) => name),
  );
  return sorted.filter((name) => !dropped.has(name));
}

/** What dregsy calls it, and sorts by: `TAG`, `DIGEST` or `TAG@DIGEST`. */
function nameOf({ tag, digest }: TagReference): string {
  return [tag, digest].filter((part) => part !== undefined).join("@");
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return compareBytes(a, b);
}

function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
