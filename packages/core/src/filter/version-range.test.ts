import { describe, expect, test } from "vitest";
import { dregsyVectors } from "../../../../test/vectors/dregsy.ts";
import { parseVersion } from "./version.ts";
import { isInRange, parseVersionRange } from "./version-range.ts";

/** The versions in the range, or undefined if it is refused. */
function contained(range: string, versions: readonly string[]): readonly string[] | undefined {
  const parsed = parseVersionRange(range);
  if ("rejected" in parsed) return undefined;
  return versions.filter((text) => {
    const version = parseVersion(text);
    return version !== undefined && isInRange(version, parsed);
  });
}

const VERSIONS = ["0.9.0", "1.0.0-alpha", "1.0.0", "1.1.0", "1.2.0", "2.0.0-rc1", "2.0.0", "3.0.0"];

describe("parseVersionRange()", () => {
  test.each(dregsyVectors.semverRange.cases)("answers $range as dregsy does", ({ range, matches, error }) => {
    expect(error === undefined).toBe(matches !== undefined);
    expect(contained(range, dregsyVectors.semverRange.versions)).toEqual(matches);
  });

  test.each([
    ["1.x.x", ["1.0.0"]],
    ["!=1.x", []],
    ["<=1.x", ["0.9.0", "1.0.0-alpha", "1.0.0", "1.1.0", "1.2.0", "2.0.0-rc1"]],
    [">= 1.2.0 <3.0.0", ["1.2.0", "2.0.0-rc1", "2.0.0"]],
    ["\t>=3.0.0", ["3.0.0"]],
  ])("reads %j with dregsy's quirks", (range, expected) => {
    expect(contained(range, VERSIONS)).toEqual(expected);
  });

  test.each([
    ["! 1.0.0", '"!" is ignored', ["1.0.0"]],
    [">=2.0.0 *", '"*" is ignored', ["2.0.0", "3.0.0"]],
    ["1.0.0 - 2.0.0", '"-" is ignored', []],
    ["^1.x", '"^1.x" means exactly 1.0.0', ["1.0.0"]],
  ])("says what %j does not mean", (range, surprise, expected) => {
    const parsed = parseVersionRange(range);

    expect(parsed).toMatchObject({ surprises: [surprise] });
    expect(contained(range, VERSIONS)).toEqual(expected);
  });

  test.each([
    ["", "a version is missing, or one beside a ||"],
    ["x", "a version is missing, or one beside a ||"],
    ["1", "a version is missing, or one beside a ||"],
    ["|| 1.2.3", "a version is missing, or one beside a ||"],
    ["1.2.3 ||", "a version is missing, or one beside a ||"],
    [">=1.0.0 || || <0.5.0", "a version is missing, or one beside a ||"],
    [">=1.0.0 || x || <0.5.0", "a version is missing, or one beside a ||"],
    ["1.0", '"1.0" is not a version of three numbers, nor a wildcard such as 1.x'],
    ["1.X", '"1.X" is not a version of three numbers, nor a wildcard such as 1.x'],
    ["1.2.3||2.0.0", '"1.2.3||2.0.0" is not a version of three numbers, nor a wildcard such as 1.x'],
    [">1.0.0-linux", '"1.0.0-linux" is not a version of three numbers, nor a wildcard such as 1.x'],
    [
      "<=99999999999999999999.x",
      '"99999999999999999999.x" is not a version of three numbers, nor a wildcard such as 1.x',
    ],
    [">=v1.0.0", '">=v" is not an operator'],
    ["~1.2.3", '"~" is not an operator'],
    ["é", 'there is no version in "é"'],
  ])("refuses %j and says why", (range, rejected) => {
    expect(parseVersionRange(range)).toEqual({ rejected });
  });
});
