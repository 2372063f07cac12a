import type { TagFilter, TagReference } from "./tag-filter.ts";
import { compareVersions, parseTolerantVersion } from "./version.ts";

/** Says that no item of `tags` selects, so that everything is taken. */
const ALL_TAGS = "all tags";

/** A tag, or what is named in a filter, and what becomes of it. */
export interface ExplainedTag {
  /** What dregsy calls it, and sorts by: `TAG`, `DIGEST` or `TAG@DIGEST`. */
  readonly name: string;
  readonly reference: TagReference;
  readonly kept: boolean;
  /** The item of `tags` that keeps or drops it, or `all tags`, `matches no item`, `is no version`. */
  readonly rule: string;
}

/**
 * What a filter does with each of these tags and with what it names itself: once each, in ascending bytewise order.
 * Everything that selects tags reads this.
 */
export function explainTags(filter: TagFilter, tags: readonly string[]): readonly ExplainedTag[] {
  const verbatim = new Map<string, TagReference>();
  for (const item of filter.items) {
    if (item.kind === "verbatim") verbatim.set(nameOf(item.reference), item.reference);
  }
  const explained = [...new Set([...tags, ...verbatim.keys()])].toSorted(compareBytes).map((name) => {
    const reference = verbatim.get(name);
    return { name, reference: reference ?? { tag: name }, ...judge(filter, name, reference !== undefined) };
  });
  return dropOldest(filter, explained);
}

function judge(filter: TagFilter, name: string, isVerbatim: boolean): Pick<ExplainedTag, "kept" | "rule"> {
  const selectedBy = findItem(filter, name);
  if (selectedBy === undefined) return { kept: false, rule: describeMiss(filter, name) };
  const pruned = isVerbatim ? undefined : filter.keeps.find(({ keeps }) => !keeps(name));
  return pruned === undefined ? { kept: true, rule: selectedBy } : { kept: false, rule: pruned.text };
}

function findItem({ items }: TagFilter, name: string): string | undefined {
  if (items.length === 0) return ALL_TAGS;
  return items.find((item) =>
    item.kind === "verbatim" ? nameOf(item.reference) === name : item.matches(name),
  )?.text;
}

function describeMiss({ items }: TagFilter, name: string): string {
  const wantsVersions =
    items.every(({ kind }) => kind !== "names") && items.some(({ kind }) => kind === "versions");
  return wantsVersions && parseTolerantVersion(name) === undefined ? "is no version" : "matches no item";
}

/**
 * `keep: latest N`: the N highest versions stay, and whatever is no version; if there is no version at all, the last
 * names. Of equal versions the bytewise greater name counts as higher.
 */
function dropOldest({ latest }: TagFilter, explained: readonly ExplainedTag[]): readonly ExplainedTag[] {
  if (latest === undefined) return explained;
  const kept = explained.filter((tag) => tag.kept);
  const versions = kept.flatMap(({ name }) => {
    const version = parseTolerantVersion(name);
    return version === undefined ? [] : [{ name, version }];
  });
  const ascending =
    versions.length === 0 ? kept : versions.toSorted((a, b) => compareVersions(a.version, b.version));
  const dropped = new Set(ascending.slice(0, -latest.count).map(({ name }) => name));
  return explained.map((tag) => (dropped.has(tag.name) ? { ...tag, kept: false, rule: latest.text } : tag));
}

function nameOf({ tag, digest }: TagReference): string {
  return [tag, digest].filter((part) => part !== undefined).join("@");
}

function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
