import { describe, expect, test } from "vitest";
import { parseSelection } from "./parse-selection.ts";
import { type Mapping, mapTargetPath } from "./selection.ts";

/** The mapping of a selection that has one. */
function readMapping(fields: string): Mapping {
  const text = `tasks: [{name: t, source: {registry: a}, mappings: [{${fields}}]}]`;
  const mapping = parseSelection(text, { environment: {} }).selection?.tasks[0]?.mappings[0];
  if (mapping === undefined) throw new Error(`no mapping in ${text}`);
  return mapping;
}

describe("mapTargetPath()", () => {
  test.each([
    ["a/b", undefined, "a/b", "/a/b"],
    ["/a/b", "", "/a/b", "/a/b"],
    ["a/b", "c/d", "a/b", "/c/d"],
    ["a/b", "/c/d", "/a/b", "/c/d"],
    ["library/redis", "regex:^/library/(.+)$,/mirror/$1", "library/redis", "/mirror/redis"],
    ["a,b", "regex:a,x,y", "/a", "/x,y"],
    ["regex:a/.*", undefined, "a/b", "/a/b"],
    ["regex:a/.*", "prefix", "a/b", "/prefix/a/b"],
    ["regex:a/.*", "regex:^/a,/c", "a/b", "/c/b"],
  ])("from %j to %j: %j becomes %j", (from, to, path, expected) => {
    const mapping = readMapping(`from: '${from}'${to === undefined ? "" : `, to: '${to}'`}`);

    expect(mapTargetPath(mapping, path)).toBe(expected);
  });

  test("from: regex: takes whole repository names, blanks and all", () => {
    const mapping = readMapping("from: 'regex:a/.*'");
    const blank = readMapping("from: 'regex: a/.*'");

    expect(mapping.fromRegex?.test("a/b")).toBe(true);
    expect(mapping.fromRegex?.test("ba/b")).toBe(false);
    expect(blank.fromRegex?.test("a/b")).toBe(false);
  });
});
