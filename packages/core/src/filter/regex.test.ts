import { describe, expect, test } from "vitest";
import { dregsyVectors } from "../../../../test/vectors/dregsy.ts";
import { isBundleError } from "../error.ts";
import { compileAnchoredRegex, compileRegex } from "./regex.ts";

/** Where we differ from the recorded answers, and why. */
const DIFFERENCES: ReadonlyMap<string, string> = new Map([
  ["(?<n>a)b", "recorded with Go 1.19; Go 1.22 and the released dregsy 0.5.2 take it"],
  [
    "(?P<a>x)(?P<a>y)",
    "re2js refuses a group name that comes twice; an error, so nothing is selected wrongly",
  ],
]);

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    return isBundleError(error) ? error.code : "OTHER";
  }
  return undefined;
}

const same = dregsyVectors.regexLine.filter(({ pattern }) => !DIFFERENCES.has(pattern));

describe("compileAnchoredRegex()", () => {
  test("differs from dregsy in the named patterns only", () => {
    expect(dregsyVectors.regexLine.length - same.length).toBe(DIFFERENCES.size);
    expect(compileAnchoredRegex("(?<n>a)b").test("ab")).toBe(true);
    expect(codeOf(() => compileAnchoredRegex("(?P<a>x)(?P<a>y)"))).toBe("SELECTION_INVALID");
  });

  test.each(same)("answers $pattern as dregsy does", ({ pattern, match, error }) => {
    if (error !== undefined) expect(codeOf(() => compileAnchoredRegex(pattern))).toBe("SELECTION_INVALID");
    for (const [subject, expected] of Object.entries(match ?? {})) {
      expect(compileAnchoredRegex(pattern).test(subject), subject).toBe(expected);
    }
    expect(error !== undefined || match !== undefined).toBe(true);
  });

  test.each([
    ["latest|stable", "latest-alpine", true],
    ["^ab", "abc", false],
    ["ab$", "zab", false],
    ["a\\$", "a$b", true],
  ])("anchors the text of %j: %j is %j", (pattern, subject, expected) => {
    expect(compileAnchoredRegex(pattern).test(subject)).toBe(expected);
  });

  test.each(["a(?!b)", "(?<=a)b", "(a)\\1", "a".repeat(2001)])("refuses %.20j", (pattern) => {
    expect(codeOf(() => compileAnchoredRegex(pattern))).toBe("SELECTION_INVALID");
  });
});

describe("replaceAll()", () => {
  test.each(dregsyVectors.toReplace)(
    "replaces $regex by $replacement in $path as dregsy does",
    ({ regex, replacement, path, result }) => {
      expect(compileRegex(regex).replaceAll(path, replacement)).toBe(result);
    },
  );

  test.each([
    ["a*", "x", "/baac", "x/xbxcx"],
    ["(?P<name>a)", `\${name}$name`, "/a", "/aa"],
    ["(a)", "$1x", "/a", "/"],
    ["(a)", `\${1}x$0`, "/a", "/axa"],
    ["(a)", "$01$nope$", "/a", "/$"],
    ["(a)|(b)", "<$2>", "/ab", "/<><b>"],
  ])("fills in %j by %j as Go does", (regex, replacement, path, result) => {
    expect(compileRegex(regex).replaceAll(path, replacement)).toBe(result);
  });
});
