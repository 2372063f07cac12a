import { describe, expect, test } from "vitest";
import { parseTagFilter } from "./tag-filter.ts";

describe("parseTagFilter()", () => {
  test("reports every bad item with its index", () => {
    const parsed = parseTagFilter(["semver: 1.0", "latest", "regex: (", "keep: [", "keep: latest\t2"]);

    expect(parsed.filter).toBeUndefined();
    expect(parsed.problems.map(({ code, index }) => [code, index])).toEqual([
      ["TAGS_INVALID", 0],
      ["TAGS_INVALID", 2],
      ["TAGS_INVALID", 3],
      ["TAGS_INVALID", 4],
    ]);
    expect(parsed.problems[0]?.message).toBe(
      'Cannot use tag filter "semver: 1.0": "1.0" is not a version of three numbers, nor a wildcard such as 1.x; a range reads like >=1.0.0 <2.0.0',
    );
  });

  test.each([
    ["keep:latest 2", "KEEP_LATEST_UNREAD"],
    ["keep: latest two", "KEEP_LATEST_UNREAD"],
    ["keep: LATEST 2", "KEEP_LATEST_UNREAD"],
    ["keep: semver: >=1.0.0", "KEEP_NESTED"],
    ["regex: latest|stable", "ALTERNATION_UNGROUPED"],
    ["regex: !latest|stable", "ALTERNATION_UNGROUPED"],
    ["keep: .+-alpine|.+-slim", "ALTERNATION_UNGROUPED"],
    ["regex: a\\$|b", "ALTERNATION_UNGROUPED"],
    ["semver: ^1.x", "RANGE_MISLEADING"],
    ["semver: ~1.2.x", "RANGE_MISLEADING"],
    ["semver: >=1.0.0 *", "RANGE_MISLEADING"],
    ["semver : >=1.0.0", "TAG_MALFORMED"],
    ["sha256:abc", "TAG_MALFORMED"],
    ["", "TAG_MALFORMED"],
  ])("warns of the trap %j", (item, code) => {
    const { filter, warnings } = parseTagFilter(["latest", item]);

    expect(filter).toBeDefined();
    expect(warnings).toMatchObject([{ code, index: 1 }]);
    expect(warnings[0]?.message).toContain(JSON.stringify(item));
  });

  test.each([
    "latest",
    "semver: >=1.0.0 <2.0.0",
    "semver: ^1.2",
    "regex: 1\\.11\\.(?:[0-9]?[0-9]).*",
    "regex: (latest|stable)",
    "regex: ^latest$|^stable$",
    "regex: .*-alpine.*|.*-slim.*",
    "regex: [|]",
    "regex: []|]x",
    "regex: [[:alpha:]|]",
    "regex: a\\|b",
    "regex: \\Qa|b\\E",
    "keep: latest 2",
    "keep: latest-.*",
  ])("does not warn of %j", (item) => {
    const { warnings, problems } = parseTagFilter([item]);

    expect(problems).toEqual([]);
    expect(warnings).toEqual([]);
  });
});
