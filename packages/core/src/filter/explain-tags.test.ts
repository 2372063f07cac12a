import { describe, expect, test } from "vitest";
import { dregsyVectors } from "../../../../test/vectors/dregsy.ts";
import { explainTags } from "./explain-tags.ts";
import { needsTagList, selectTags } from "./select-tags.ts";
import { parseTagFilter, type TagFilter } from "./tag-filter.ts";

function parse(items: readonly string[]): TagFilter {
  const { filter, problems } = parseTagFilter(items);
  if (filter === undefined) throw new Error(problems.map(({ message }) => message).join("; "));
  return filter;
}

/** `TAG: RULE` of what is kept, `TAG! RULE` of what is dropped. */
function explain(items: readonly string[], tags: readonly string[]): readonly string[] {
  return explainTags(parse(items), tags).map(({ name, kept, rule }) => `${name}${kept ? ":" : "!"} ${rule}`);
}

const usable = dregsyVectors.tagset.filter(({ filter }) => parseTagFilter(filter).filter !== undefined);

describe("explainTags()", () => {
  test.each(usable)("agrees with what is selected, and has each tag once: $id", ({ filter: items, tags }) => {
    const filter = parse(items);

    const explained = explainTags(filter, tags);
    const names = explained.map(({ name }) => name);
    const kept = explained.filter((tag) => tag.kept);

    expect(names).toEqual([...new Set(names)].toSorted());
    expect(names).toEqual(expect.arrayContaining([...tags]));
    expect(kept.map(({ reference, rule }) => ({ reference, selectedBy: rule }))).toEqual(
      selectTags(filter, tags),
    );
    if (!needsTagList(filter)) expect(kept.length).toBeLessThanOrEqual(items.length);
  });

  test("is tried on most vectors", () => {
    expect(usable.length).toBeGreaterThan(60);
  });

  test.each([
    ["all tags", [], ["a"], ["a: all tags"]],
    ["the first item that matches", ["regex: a.*", "ab"], ["ab"], ["ab: regex: a.*"]],
    ["no item", ["regex: a"], ["b"], ["b! matches no item"]],
    ["no version", ["semver: >=1.0.0"], ["0.1.0", "b"], ["0.1.0! matches no item", "b! is no version"]],
    ["no version among names", ["semver: >=1.0.0", "regex: a"], ["b"], ["b! matches no item"]],
    [
      "the pattern that prunes",
      ["semver: >=1.0.0", "keep: 1.*", "keep: !.*-rc"],
      ["1.0.0", "1.1.0-rc", "2.0.0"],
      ["1.0.0: semver: >=1.0.0", "1.1.0-rc! keep: !.*-rc", "2.0.0! keep: 1.*"],
    ],
    [
      "the limit that cuts",
      ["keep: latest 3", "keep: latest 1"],
      ["1.0.0", "1.1.0", "latest"],
      ["1.0.0! keep: latest 1", "1.1.0: all tags", "latest: all tags"],
    ],
    [
      "the limit on names",
      ["regex: .*", "keep: latest 1"],
      ["a", "b"],
      ["a! keep: latest 1", "b: regex: .*"],
    ],
    ["what is named and not there", ["x", "keep: y"], ["z"], ["x: x", "z! matches no item"]],
  ])("names %s", (_what, items, tags, expected) => {
    expect(explain(items, tags)).toEqual(expected);
  });
});
